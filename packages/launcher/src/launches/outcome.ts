import { ProviderError, providerErrorCode } from '@nodepool/driver-api';
import { errorCode } from '@nodepool/runtime';

/** What an error means for a launch. */
export type Failure =
  /** No room in the cloud: the attempt does not count, the node is `aborted`. */
  | 'quota'
  | 'capacity'
  /** The label cannot be launched until the configuration changes. */
  | 'misconfigured'
  /** Our lock or our record is gone: nothing more to write. */
  | 'lost'
  /** The attempt counts. */
  | 'failed';

export function classifyFailure(error: unknown): Failure {
  const code = errorCode(error);
  if (code === 'NP_LOCK_LOST' || code === 'NP_RECORD_GONE') return 'lost';
  if (!(error instanceof ProviderError)) return 'failed';
  const providerCode = providerErrorCode(error);
  return providerCode === 'quota' || providerCode === 'capacity' || providerCode === 'misconfigured'
    ? providerCode
    : 'failed';
}

/** True when the same call may succeed a little later. */
export function isPassing(error: unknown): error is ProviderError {
  return error instanceof ProviderError && (error.code === 'transient' || error.code === 'rate-limited');
}

/** Key for statistics. Source: docs/compatibility/launcher.md section 7.1. */
export function resultKey(error: unknown): string {
  if (error instanceof ProviderError && error.statusKey !== undefined) return error.statusKey;
  switch (classifyFailure(error)) {
    case 'quota':
      return 'error.quota';
    case 'capacity':
      return 'error.capacity';
    case 'lost':
      return 'error.zksession';
    default:
      return error instanceof DOMException && error.name === 'TimeoutError'
        ? 'error.servercreatetimeout'
        : 'error.unknown';
  }
}
