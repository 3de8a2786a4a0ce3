import { ProviderError, type ProviderErrorCode } from '@nodepool/driver-api';
import type { JsonValue } from '@nodepool/model';
import { errorText } from './http/error-text.js';
import { retryAfterMs } from './http/retry-after.js';

/** What the cloud answered, as far as it may be shown. */
export interface ApiErrorDetails {
  /** HTTP status; undefined when there was no answer. */
  readonly status?: number | undefined;
  /** The service's own id of the request, for whoever reads its logs. */
  readonly requestId?: string | undefined;
  /** The service's own words. */
  readonly text?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  /** False when the request cannot have reached the service; true when that is not certain. */
  readonly sent?: boolean;
  readonly repeated?: boolean;
  readonly cause?: unknown;
}

/** What comes out of every call to a cloud that does not succeed. */
export class ApiError extends ProviderError {
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  /** The service's own words, at most 1000 characters; empty when it had none. */
  readonly text: string;
  readonly sent: boolean;

  constructor(code: ProviderErrorCode, message: string, details: ApiErrorDetails = {}) {
    super(code, message, {
      cause: details.cause,
      repeated: details.repeated ?? false,
      ...(details.retryAfterMs !== undefined && { retryAfterMs: details.retryAfterMs }),
    });
    this.name = 'ApiError';
    this.status = details.status;
    this.requestId = details.requestId;
    this.text = details.text ?? '';
    this.sent = details.sent ?? true;
  }

  /** The same error, with word that repeating its request at once is of no use. */
  afterRepetition(): ApiError {
    return new ApiError(this.code, this.message, {
      status: this.status,
      requestId: this.requestId,
      text: this.text,
      retryAfterMs: this.retryAfterMs,
      sent: this.sent,
      repeated: true,
      cause: this.cause,
    });
  }
}

const quotaTexts = [
  /quota[^.]{0,80}\bexceed/i,
  /\bexceed[^.]{0,80}\bquota/i,
  /number of ports exceeded/i,
  /\bover ?quota\b/i,
  /\bmaximum number of (ports|volumes|instances|cores|floating ?ips)\b/i,
];

const capacityTexts = [
  /no valid host/i,
  /no more ip addresses available/i,
  /\bipaddressgenerationfailure\b/i,
  /insufficient (compute )?(resources|capacity)/i,
  /exceeded maximum number of retries/i,
];

/**
 * What a text of a cloud, of an answer or of a server's fault, says of its limits; undefined when it speaks of none.
 * Source: docs/compatibility/launcher.md section 7; Nova's, Neutron's and Cinder's messages.
 */
export function limitInText(text: string): 'quota' | 'capacity' | undefined {
  if (quotaTexts.some((pattern) => pattern.test(text))) return 'quota';
  return capacityTexts.some((pattern) => pattern.test(text)) ? 'capacity' : undefined;
}

/** An answer that is not a success. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonValue;
}

/** Statuses with which a text about limits is believed. */
const limitStatuses = new Set([400, 403, 409, 413, 500]);

const fixedCodes: Readonly<Record<number, ProviderErrorCode>> = {
  401: 'misconfigured',
  404: 'not-found',
  408: 'transient',
  409: 'transient',
  410: 'not-found',
  429: 'rate-limited',
  501: 'misconfigured',
};

/**
 * The one translation of a service's refusal into what the core acts on.
 *
 * @param doing what was being attempted: `creating server np0000000001`.
 * @param badRequest what a 400 means.
 * @param nowMs wall clock, for a `Retry-After` that is a date.
 */
export function refusalError(refusal: Refusal, doing: string, badRequest: ProviderErrorCode, nowMs: number): ApiError {
  const { status, headers, body } = refusal;
  const text = errorText(body);
  const waitMs = retryAfterMs(headers['retry-after'], nowMs) ?? bodyRetryAfterMs(body);
  const code = codeOf(status, text, waitMs, badRequest);
  const requestId = headers['x-openstack-request-id'] ?? headers['x-compute-request-id'];
  const said = text === '' ? '' : `: ${text}`;
  const where = requestId === undefined ? '' : ` (${requestId})`;
  return new ApiError(code, `${doing}: HTTP ${status}${said}${where}`, {
    status,
    requestId,
    text,
    retryAfterMs: waitMs,
  });
}

function codeOf(
  status: number,
  text: string,
  waitMs: number | undefined,
  badRequest: ProviderErrorCode,
): ProviderErrorCode {
  const limit = limitStatuses.has(status) ? limitInText(text) : undefined;
  if (limit !== undefined) return limit;
  if (status === 400) return badRequest;
  if (status === 413) return waitMs !== undefined && waitMs > 0 ? 'rate-limited' : 'quota';
  return fixedCodes[status] ?? (status >= 500 ? 'transient' : 'misconfigured');
}

/** Nova's and Cinder's old `overLimit` answers say in their body how long to wait. */
function bodyRetryAfterMs(body: JsonValue): number | undefined {
  if (typeof body !== 'object' || body === null || !('overLimit' in body)) return undefined;
  const details = body['overLimit'];
  if (typeof details !== 'object' || details === null || !('retryAfter' in details)) return undefined;
  const seconds = Number(details['retryAfter']);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}
