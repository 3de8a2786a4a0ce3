import { NodepoolError } from '@nodepool/runtime';

/** What a failure of a cloud means to the core. Source: docs/contributors/adding-a-driver.md. */
export const providerErrorCodes = {
  capacity: 'the cloud has no room now: another zone or pool may; the attempt is not counted',
  quota: 'a quota is used up: the pool waits for its next quota reading',
  'rate-limited': 'too many calls: the provider is slowed down',
  transient: 'worth another try after a pause',
  'launch-failed': 'this attempt to launch has failed; it is counted',
  misconfigured: 'the configuration names something the cloud refuses for good',
  'not-found': 'the thing does not exist: success when deleting, drift anywhere else',
} as const;

export type ProviderErrorCode = keyof typeof providerErrorCodes;

/** The only error that a driver lets out. */
export class ProviderError extends NodepoolError {
  declare readonly code: ProviderErrorCode;
  readonly retryAfterMs: number | undefined;
  /** Key for statistics, such as `error.keyscan`. Source: docs/compatibility/launcher.md section 7.1. */
  readonly statusKey: string | undefined;
  /** The driver has repeated the request as often as is useful: the call as a whole is not repeated at once. */
  readonly repeated: boolean;

  constructor(
    code: ProviderErrorCode,
    message: string,
    options: {
      readonly cause?: unknown;
      readonly retryAfterMs?: number;
      readonly statusKey?: string;
      readonly repeated?: boolean;
    } = {},
  ) {
    super(code, message, { cause: options.cause });
    this.name = 'ProviderError';
    this.retryAfterMs = options.retryAfterMs;
    this.statusKey = options.statusKey;
    this.repeated = options.repeated ?? false;
  }
}

/** The code of a driver's error; anything else a driver throws counts as `launch-failed`. */
export function providerErrorCode(error: unknown): ProviderErrorCode {
  return error instanceof ProviderError ? error.code : 'launch-failed';
}
