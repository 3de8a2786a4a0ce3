import { ApiError } from '../errors.js';
import { cloudDefaults } from './defaults.js';
import { type CloudPlaces, findFile } from './search-path.js';
import { isSettings, mergeDeep, type Setting, type Settings, settingsAt, toBoolean } from './settings.js';

/** Everything that is configured, before one cloud is picked. */
export interface CloudSources {
  /** Clouds by name; the environment's among them. */
  readonly clouds: Settings;
  /** `public-clouds` of clouds-public.yaml. */
  readonly ownProfiles: Settings;
  readonly forceIpv4: boolean;
  /** The name of the cloud that the environment describes. */
  readonly envCloud: string;
  /** The files that were read, for messages. */
  readonly files: readonly string[];
}

/** Variables that choose a cloud and describe none. */
const selectors = new Set([
  'OS_CLOUD',
  'OS_REGION_NAME',
  'OS_CLIENT_CONFIG_FILE',
  'OS_CLIENT_SECURE_FILE',
  'OS_CLOUD_NAME',
]);

/** Prefixes of variables that belong to other programs. */
const foreign = ['OS_TEST', 'OS_STD', 'OS_LOG'];

/**
 * Reads clouds.yaml, secure.yaml, clouds-public.yaml and the environment.
 *
 * @throws ApiError `misconfigured` for a file that cannot be understood.
 */
export function readSources(places: CloudPlaces): CloudSources {
  const { env } = places;
  const main = findFile('clouds', places);
  const secure = findFile('secure', places);
  const vendors = findFile('clouds-public', places);
  const all = mergeDeep(main.settings, secure.settings);
  const envCloud = env['OS_CLOUD_NAME'] ?? 'envvars';
  const clouds = settingsAt(all, 'clouds');
  if (clouds[envCloud] !== undefined) {
    throw new ApiError(
      'misconfigured',
      `${main.path} has a cloud ${envCloud}, which is the name of the cloud that OS_* variables describe: ` +
        'rename it, or set OS_CLOUD_NAME to another name',
    );
  }
  const described = environmentCloud(env);
  return {
    clouds: described === undefined ? clouds : { ...clouds, [envCloud]: described },
    ownProfiles: settingsAt(vendors.settings, 'public-clouds'),
    forceIpv4: forcesIpv4(settingsAt(all, 'client'), env),
    envCloud,
    files: [main, secure, vendors].flatMap(({ path }) => path ?? []),
  };
}

/** The cloud that OS_* variables describe, if any of them does. */
function environmentCloud(env: CloudPlaces['env']): Settings | undefined {
  const own = Object.entries(env).filter(
    ([name]) => name.startsWith('OS_') && !foreign.some((prefix) => name.startsWith(prefix)),
  );
  if (own.every(([name]) => selectors.has(name))) return undefined;
  const settings: Record<string, Setting> = { ...cloudDefaults };
  for (const [name, value] of own) settings[name.slice('OS_'.length).toLowerCase()] = value ?? null;
  return settings;
}

function forcesIpv4(client: Settings, env: CloudPlaces['env']): boolean {
  const prefer = env['OS_PREFER_IPV6'] ?? client['prefer_ipv6'] ?? client['prefer-ipv6'] ?? true;
  const force = env['OS_FORCE_IPV4'] ?? client['force_ipv4'] ?? client['broken-ipv6'] ?? false;
  return toBoolean(force) || !toBoolean(prefer);
}

/** One cloud as it is written down. */
export function ownSettings(sources: CloudSources, cloud: string): Settings {
  const settings = sources.clouds[cloud];
  if (isSettings(settings)) return settings;
  const where = sources.files.length === 0 ? 'no clouds.yaml was found' : `read: ${sources.files.join(', ')}`;
  const known = Object.keys(sources.clouds);
  throw new ApiError(
    'misconfigured',
    `cloud ${cloud} is not in clouds.yaml (${where}; ` +
      `${known.length === 0 ? 'no clouds' : `clouds there: ${known.join(', ')}`}): add it, or correct \`cloud\``,
  );
}
