import {
  type ExternalId,
  externalIdText,
  type Provider,
  providerErrorCode,
  type SharedListing,
} from '@nodepool/driver-api';
import type { Clock, Logger } from '@nodepool/runtime';
import type { Look, Lookout } from './lookout.js';

export interface RemovalDeps {
  readonly provider: Provider;
  readonly lookout: Lookout;
  readonly listing: SharedListing;
  readonly clock: Clock;
}

/** An instance that is still listed this long after it was to be terminated is terminated again. */
const insistMs = 30_000;
const firstLookMs = 50;

/**
 * Deletes an instance and waits for the proof: it is no longer listed, and the cloud says that it does not exist.
 *
 * @throws ProviderError when the cloud refuses, or the signal's reason.
 */
export async function removeInstance(
  externalId: ExternalId,
  { provider, lookout, listing, clock }: RemovalDeps,
  signal: AbortSignal,
  log: Logger,
): Promise<void> {
  const id = externalIdText(externalId);
  let askedMs: number | undefined;
  const look = async (): Promise<Look<void>> => {
    const nowMs = clock.monotonicMs();
    if (askedMs !== undefined && nowMs - askedMs < insistMs) {
      const listed = await listing.checkContext({ signal, log }, askedMs).instances();
      if (listed.has(id)) return { done: false };
    }
    const gone = await terminate(provider, externalId, signal, log);
    if (gone) return { done: true, value: undefined };
    const again = askedMs === undefined ? { againInMs: firstLookMs } : {};
    askedMs = nowMs;
    return { done: false, ...again };
  };
  await lookout.until(look, 0, signal);
}

/** @returns true when there is nothing left to terminate. */
async function terminate(
  provider: Provider,
  externalId: ExternalId,
  signal: AbortSignal,
  log: Logger,
): Promise<boolean> {
  try {
    await provider.terminate(externalId, { signal, log });
    return false;
  } catch (error) {
    if (providerErrorCode(error) === 'not-found') return true;
    throw error;
  }
}
