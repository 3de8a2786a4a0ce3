import { NodepoolError } from '@nodepool/runtime';

/** Codes of this package: why a call was refused, or the server did not start. */
export const webErrorCodes = {
  NP_WEB_INPUT: 'the call is not as its description says; `errors` names each part',
  NP_WEB_MALFORMED: 'not HTTP as the server speaks it; the connection was closed',
  NP_WEB_UNAUTHENTICATED: 'the call needs a token, or the one that was sent is not known',
  NP_WEB_FORBIDDEN: 'the token has not the scope that the call needs',
  NP_WEB_CROSS_SITE: 'a page of another site asked for a change',
  NP_WEB_NOT_FOUND: 'there is nothing under this path, or no record of this id',
  NP_WEB_METHOD: 'the path does not take this method',
  NP_WEB_TIMEOUT: 'the call did not arrive in time; the connection was closed',
  NP_WEB_TOO_LARGE: 'the body or the header is larger than any call needs',
  NP_WEB_MEDIA_TYPE: 'a body must be application/json',
  NP_WEB_RATE_LIMITED: 'too many calls; `Retry-After` tells when to call again',
  NP_WEB_INTERNAL: 'the server failed; its log says why',
  NP_WEB_UNREACHABLE: 'another program that has the answer cannot be reached',
  NP_WEB_BUSY: 'too many clients follow the events, or this launcher does not offer what was asked for',
  NP_WEB_LISTEN: 'the web server cannot listen on its address',
  NP_WEB_CERTIFICATE: 'the certificate or key of the web server cannot be used',
} as const;

export type WebErrorCode = keyof typeof webErrorCodes;

const statuses: Partial<Readonly<Record<WebErrorCode, number>>> = {
  NP_WEB_INPUT: 400,
  NP_WEB_MALFORMED: 400,
  NP_WEB_UNAUTHENTICATED: 401,
  NP_WEB_FORBIDDEN: 403,
  NP_WEB_CROSS_SITE: 403,
  NP_WEB_NOT_FOUND: 404,
  NP_WEB_METHOD: 405,
  NP_WEB_TIMEOUT: 408,
  NP_WEB_TOO_LARGE: 413,
  NP_WEB_MEDIA_TYPE: 415,
  NP_WEB_RATE_LIMITED: 429,
  NP_WEB_UNREACHABLE: 502,
  NP_WEB_BUSY: 503,
};

export interface WebErrorOptions extends ErrorOptions {
  /** Each part of the input that was refused. */
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  /** Headers that go with the answer, such as `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
}

export class WebError extends NodepoolError {
  declare readonly code: WebErrorCode;
  readonly status: number;
  readonly errors: WebErrorOptions['errors'];
  readonly headers: NonNullable<WebErrorOptions['headers']>;

  /** @param detail for the caller: what to do about it. */
  constructor(code: WebErrorCode, detail: string, { errors, headers = {}, ...options }: WebErrorOptions = {}) {
    super(code, detail, options);
    this.name = 'WebError';
    this.status = statuses[code] ?? 500;
    this.errors = errors;
    this.headers = headers;
  }
}
