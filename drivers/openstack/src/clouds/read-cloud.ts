import { homedir } from 'node:os';
import { type CloudRegion, toCloudRegion } from './cloud-region.js';
import { resolveRegion } from './resolve-region.js';
import type { CloudPlaces } from './search-path.js';
import { readSources } from './sources.js';

/** Where this process finds its clouds. */
export function processPlaces(): CloudPlaces {
  return { env: process.env, cwd: process.cwd(), home: homedir() };
}

/**
 * Reads one region of one cloud from clouds.yaml, secure.yaml, clouds-public.yaml and the environment.
 *
 * @param region undefined takes the cloud's first.
 * @throws ApiError `misconfigured`, naming file, cloud and remedy.
 */
export function readCloud(cloud: string, region: string | undefined, places: CloudPlaces): CloudRegion {
  return toCloudRegion(resolveRegion(readSources(places), cloud, region), places.home);
}
