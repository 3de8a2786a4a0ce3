import { type ImageStore, providerErrorCode } from '@nodepool/driver-api';
import { deadline, type Logger } from '@nodepool/runtime';
import type { BuilderContext } from './context.js';

/** How long a cloud may take to remove an image, milliseconds. */
const removalMs = 300_000;

/** Asks a provider to remove an image; true when it is gone. */
export async function removeCloudImage(
  { clock }: Pick<BuilderContext, 'clock'>,
  images: ImageStore,
  externalId: string,
  log: Logger,
  signal?: AbortSignal,
): Promise<boolean> {
  using limit = deadline(clock, removalMs, signal);
  try {
    await images.remove(externalId, { signal: limit.signal, log });
    return true;
  } catch (error) {
    if (providerErrorCode(error) === 'not-found') return true;
    log.warn({ externalId, error }, 'image could not be removed from the provider');
    return false;
  }
}
