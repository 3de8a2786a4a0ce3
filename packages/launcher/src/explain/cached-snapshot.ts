import type { Config } from '@nodepool/config';
import type { StoreCaches } from '@nodepool/store';
import type { ImageSnapshot, Snapshot } from './snapshot.js';

/** What a launcher has in memory, at this moment. */
export function cachedSnapshot(
  { nodes, requests, images, components }: StoreCaches,
  config: Config,
  nowMs: number,
  cloud: NonNullable<Snapshot['cloud']>,
): Snapshot {
  return {
    nowSec: nowMs / 1000,
    config,
    configProblem: undefined,
    nodes: Array.from(nodes.all(), ({ record, locked }) => ({ ...record, locked })),
    requests: Array.from(requests.all(), ({ record }) => record),
    images: Array.from(images.images(), (image) => cachedImage(images, image)),
    launchers: [...components.all('launcher')],
    builders: [...components.all('builder')],
    pools: [...components.pools()],
    unreadable: [...nodes.unreadable(), ...requests.unreadable(), ...images.unreadable()],
    cloud,
  };
}

function cachedImage(images: StoreCaches['images'], image: string): ImageSnapshot {
  const builds = Array.from(images.builds(image), ({ record }) => record);
  const isBuilding = builds.some(({ state }) => state === 'building');
  return {
    image,
    paused: images.isPaused(image),
    buildRequest: images.buildRequestedAtMs(image) === undefined ? undefined : isBuilding ? 'building' : 'pending',
    builds,
    uploads: Array.from(images.uploads(image), ({ record }) => record),
  };
}
