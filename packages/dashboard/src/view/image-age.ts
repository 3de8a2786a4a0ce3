import type { Builder, Image } from '../api/types.js';

/** How old an image is, measured by how often it is to be built. */
export interface ImageAge {
  readonly name: string;
  /** Seconds; undefined while there is no ready build. */
  readonly ageSec: number | undefined;
  /** Seconds; undefined when it is not built by schedule. */
  readonly rebuildSec: number | undefined;
  /** 0 to 1 and more; undefined where either is. */
  readonly share: number | undefined;
  readonly verdict: 'fresh' | 'due' | 'overdue' | 'paused' | 'missing' | 'no schedule';
  readonly building: boolean;
  readonly paused: boolean;
}

/** A build takes its time: an image is late only when it is older than this share of its rebuild age. */
const lateShare = 1.25;

/** @param nowSec seconds since the epoch, by the server's clock. */
export function imageAge(image: Image, builders: readonly Builder[], nowSec: number): ImageAge {
  const current = image.builds.find((build) => build.current);
  const ageSec = current === undefined ? undefined : Math.max(0, nowSec - current.state_time);
  const rebuildSec = image.rebuild_age ?? undefined;
  const share = ageSec === undefined || !rebuildSec ? undefined : ageSec / rebuildSec;
  const isBuilt = builders.some(({ builds }) => builds.some((build) => build.image === image.name));
  return {
    name: image.name,
    ageSec,
    rebuildSec,
    share,
    verdict: verdictOf(image, ageSec, share),
    building: isBuilt || image.builds.some(({ state }) => state === 'building'),
    paused: image.paused,
  };
}

function verdictOf(image: Image, ageSec: number | undefined, share: number | undefined): ImageAge['verdict'] {
  if (ageSec === undefined) return 'missing';
  if (image.paused) return 'paused';
  if (share === undefined) return 'no schedule';
  if (share < 1) return 'fresh';
  return share < lateShare ? 'due' : 'overdue';
}
