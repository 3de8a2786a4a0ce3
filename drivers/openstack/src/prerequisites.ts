import type { Prerequisites } from '@nodepool/driver-api';
import { processPlaces, readCloud } from './clouds/read-cloud.js';
import { type CloudPlaces, findFile } from './clouds/search-path.js';
import type { OpenStackProviderConfig } from './config.js';

/**
 * The files that the settings of a cloud come from, and where one signs in.
 *
 * @throws ApiError `misconfigured`, naming file, cloud and remedy.
 */
export function prerequisitesOf(
  { cloud, regionName }: Pick<OpenStackProviderConfig, 'cloud' | 'regionName'>,
  places: CloudPlaces = processPlaces(),
): Prerequisites {
  const { credentials } = readCloud(cloud, regionName, places).region;
  const files = (['clouds', 'secure'] as const).map((name) => findFile(name, places).path);
  return {
    secretFiles: files.filter((path) => path !== undefined),
    urls: credentials.kind === 'keystone' ? [credentials.authUrl] : [],
  };
}
