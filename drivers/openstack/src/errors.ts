import { ProviderError, type ProviderErrorCode } from '@nodepool/driver-api';

/** What the cloud answered, as far as it may be shown. */
export interface ApiErrorDetails {
  /** HTTP status; undefined when there was no answer. */
  readonly status?: number | undefined;
  /** The service's own id of the request, for whoever reads its logs. */
  readonly requestId?: string | undefined;
  /** The service's own words. */
  readonly text?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** What comes out of every call to a cloud that does not succeed. */
export class ApiError extends ProviderError {
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  /** The service's own words, at most 1000 characters; empty when it had none. */
  readonly text: string;

  constructor(code: ProviderErrorCode, message: string, details: ApiErrorDetails = {}) {
    super(code, message, {
      cause: details.cause,
      ...(details.retryAfterMs !== undefined && { retryAfterMs: details.retryAfterMs }),
    });
    this.name = 'ApiError';
    this.status = details.status;
    this.requestId = details.requestId;
    this.text = details.text ?? '';
  }
}
