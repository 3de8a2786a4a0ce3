import { ApiError } from '../errors.js';
import { profileOf } from './profiles.js';
import { isSettings, type Setting, type Settings, settingsAt, textAt, withUnderscores } from './settings.js';
import { type CloudSources, ownSettings } from './sources.js';

export interface Region {
  /** Empty when the cloud has but one and does not name it. */
  readonly name: string;
  /** Over those of the cloud. */
  readonly values: Settings;
}

/**
 * The region asked for, or the cloud's first.
 *
 * @throws ApiError `misconfigured` when the cloud lists its regions and this is not among them.
 */
export function pickRegion(sources: CloudSources, cloud: string, wanted: string | undefined): Region {
  const known = knownRegions(sources, cloud);
  const [first] = known;
  if (first === undefined) return { name: wanted ?? '', values: {} };
  if (!wanted) return first;
  const found = known.find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  const names = known.map(({ name }) => name).join(', ');
  throw new ApiError(
    'misconfigured',
    `cloud ${cloud} has no region ${wanted} (it has ${names}): correct \`region-name\`, or \`regions\` in clouds.yaml`,
  );
}

/** The cloud's own list comes before the profile's. */
function knownRegions(sources: CloudSources, cloud: string): readonly Region[] {
  const own = withUnderscores(ownSettings(sources, cloud));
  if (own['regions'] !== undefined) return listed(own['regions'], cloud);
  const name = own['region_name'];
  if (name !== undefined) return typeof name === 'string' ? name.split(',').map(named) : listed(name, cloud);
  const profile = profileOf(sources, cloud);
  const fromProfile = listed(profile['regions'] ?? [], cloud);
  if (fromProfile.length > 0) return fromProfile;
  const single = textAt(profile, 'region_name');
  return single === undefined ? [] : [named(single)];
}

function listed(value: Setting, cloud: string): readonly Region[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw new ApiError('misconfigured', `cloud ${cloud}: regions must be a list`);
  return value.map((item) => {
    if (typeof item === 'string') return named(item);
    const isRegion = isSettings(item) && Object.keys(item).every((key) => key === 'name' || key === 'values');
    const name = isRegion ? textAt(item, 'name') : undefined;
    if (!isRegion || name === undefined) {
      throw new ApiError('misconfigured', `cloud ${cloud}: a region is a name, or a map of name and values`);
    }
    return { name, values: settingsAt(item, 'values') };
  });
}

function named(name: string): Region {
  return { name, values: {} };
}
