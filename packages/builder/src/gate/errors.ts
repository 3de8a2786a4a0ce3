import { ProviderError } from '@nodepool/driver-api';
import { errorCode } from '@nodepool/runtime';

/** Whether an error speaks against the image; anything else says that no machine could be had. */
export function isRefusal(error: unknown): boolean {
  const code = errorCode(error);
  if (code === 'NP_GATE_REFUSED' || code === 'NP_HOST_UNREACHABLE') return true;
  if (error instanceof DOMException && error.name === 'TimeoutError') return true;
  return error instanceof ProviderError && error.code === 'launch-failed';
}
