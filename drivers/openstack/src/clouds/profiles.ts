import { ApiError } from '../errors.js';
import { cloudDefaults } from './defaults.js';
import { isSettings, mergeCloud, type Settings, textAt, without } from './settings.js';
import { type CloudSources, ownSettings } from './sources.js';
import { vendorProfiles } from './vendors.js';

/**
 * A cloud over its vendor's profile over the defaults.
 *
 * @throws ApiError `misconfigured` when there is no such cloud, or its vendor is known to be gone.
 */
export function baseSettings(sources: CloudSources, cloud: string): Settings {
  const own = ownSettings(sources, cloud);
  const merged = mergeCloud(mergeCloud(cloudDefaults, profileOf(sources, cloud)), own);
  return without({ auth: {}, ...merged }, ['cloud']);
}

/** What the cloud's profile says; nothing when it has none, or one that nobody knows. */
export function profileOf(sources: CloudSources, cloud: string): Settings {
  const own = ownSettings(sources, cloud);
  // `cloud` is the old name of `profile`.
  const name = textAt(own, 'profile') ?? textAt(own, 'cloud');
  if (name === undefined || name === sources.envCloud) return {};
  const ownProfile = sources.ownProfiles[name];
  if (isSettings(ownProfile)) return ownProfile;
  if (name.includes('://')) {
    throw new ApiError(
      'misconfigured',
      `cloud ${cloud}: the profile ${name} would have to be fetched, which is not done: put it into clouds-public.yaml`,
    );
  }
  return vendorProfiles[name] ?? {};
}
