import type { Decision } from '@nodepool/runtime';
import type { LeaksView } from './view.js';

export interface RemoveLeak {
  readonly kind: 'remove-leak';
  readonly provider: string;
  readonly externalId: string;
  readonly buildId: string;
  readonly uploadId: string;
}

/** Between two listings of all images. */
export const listingIntervalMs = 600_000;

/** An image must be seen without a record twice, this far apart. */
export const secondSightMs = 30_000;

/**
 * Images in a cloud that no record knows: what a builder left that died, or lost its lock, between upload and record.
 * They stay while no upload of the provider is ready, for then it may be the records that are missing.
 */
export function decideLeaks({ images }: LeaksView): Decision<RemoveLeak> {
  const suspects = images.filter(({ recorded, recordsTrusted }) => !recorded && recordsTrusted);
  const actions = suspects
    .filter(({ unknownForMs }) => unknownForMs >= secondSightMs)
    .map(({ provider, externalId, buildId, uploadId }): RemoveLeak => {
      return { kind: 'remove-leak', provider, externalId, buildId, uploadId };
    });
  // Soon again after a removal as well, which may have failed, and while the records are not trusted yet.
  const isFresh = images.some(({ recorded, unknownForMs }) => !recorded && unknownForMs < listingIntervalMs);
  return { actions, recheckAfterMs: isFresh ? secondSightMs : listingIntervalMs };
}
