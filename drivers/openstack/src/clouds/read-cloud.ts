import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { type CloudRegion, toCloudRegion } from './cloud-region.js';
import { resolveRegion } from './resolve-region.js';
import type { CloudPlaces } from './search-path.js';
import { readSources } from './sources.js';

/** Where this process finds its clouds. */
export function processPlaces(): CloudPlaces {
  return { env: process.env, cwd: process.cwd(), home: homedir() };
}

export interface CloudReading {
  readonly region: CloudRegion;
  /** The same as long as no setting of the region has changed, secrets included. */
  readonly fingerprint: string;
}

/**
 * Reads one region of one cloud from clouds.yaml, secure.yaml, clouds-public.yaml and the environment.
 *
 * @param region undefined takes the cloud's first.
 * @throws ApiError `misconfigured`, naming file, cloud and remedy.
 */
export function readCloud(cloud: string, region: string | undefined, places: CloudPlaces): CloudReading {
  const resolved = resolveRegion(readSources(places), cloud, region);
  return {
    region: toCloudRegion(resolved, places.home),
    fingerprint: createHash('sha256').update(JSON.stringify(resolved)).digest('hex'),
  };
}
