import { ProviderError } from '@nodepool/driver-api';
import type { Server } from './server.js';

const quotaWords = [/quota/i, /number of ports exceeded/i];

/** The scheduler's and the hypervisors' words for "no room". */
const capacityWords = [/no valid host/i, /insufficient (compute )?resources/i, /exceeded maximum number of retries/i];

/**
 * What a server in state ERROR means, by the text of its fault.
 *
 * Source: docs/compatibility/launcher.md section 7.1.
 */
export function faultError({ id, name, faultText }: Pick<Server, 'id' | 'name' | 'faultText'>): ProviderError {
  const said = faultText === '' ? 'the cloud does not say why' : faultText;
  const message = `server ${name} (${id}) went into state ERROR: ${said}`;
  if (quotaWords.some((words) => words.test(faultText))) {
    return new ProviderError('quota', message, { statusKey: 'error.quota' });
  }
  if (capacityWords.some((words) => words.test(faultText))) {
    return new ProviderError('capacity', message, { statusKey: 'error.capacity' });
  }
  return new ProviderError('launch-failed', message, { statusKey: 'error.status' });
}
