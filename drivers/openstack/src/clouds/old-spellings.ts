import { ApiError } from '../errors.js';
import { formatText, pythonText } from './format-text.js';
import { isSettings, type Setting, type Settings, settingsAt, textAt, toBoolean, without } from './settings.js';

// clouds.yaml has grown for ten years, and every older spelling still holds. Each function here brings one family of
// them into its present form. Source: openstacksdk, openstack/config/loader.py.

/** All of them, in the order in which openstacksdk applies them. */
export function inPresentForm(settings: Settings, cloud: string): Settings {
  const steps = [moveTokenAndPasscode, renameTimeouts, renameInterface, renameAuthPlugin, renameProject];
  const named = steps.reduce((before, step) => step(before), settings);
  const whole = spreadDomain(listNetworks(renameInterfaces(named), cloud));
  const auth = settingsAt(whole, 'auth');
  const authUrl = auth['auth_url'];
  return {
    ...whole,
    ...Object.fromEntries(
      ['insecure', 'cache'].filter((key) => key in whole).map((key) => [key, toBoolean(whole[key])]),
    ),
    ...(typeof authUrl === 'string' && {
      auth: { ...auth, auth_url: formatText(authUrl, whole, `auth_url of cloud ${cloud}`) },
    }),
  };
}

function moveTokenAndPasscode(settings: Settings): Settings {
  const passcode = settings['passcode'];
  const moved: Settings =
    passcode === undefined
      ? settings
      : { ...without(settings, ['passcode']), auth: { ...settingsAt(settings, 'auth'), passcode } };
  const authToken = moved['auth_token'];
  if (authToken === undefined || authToken === null) return moved;
  return { token: authToken, ...without(moved, ['auth_token']) };
}

/** `nova_timeout` and its like are the one timeout that there is. */
function renameTimeouts(settings: Settings): Settings {
  const others = Object.keys(settings).filter(
    (key) => key.endsWith('timeout') && key !== 'timeout' && key !== 'api_timeout',
  );
  const last = others.at(-1);
  const value = last === undefined ? undefined : settings[last];
  const kept = without(settings, others);
  return value === undefined || value === null ? kept : { ...kept, api_timeout: value };
}

function renameInterface(settings: Settings): Settings {
  const value = settings['endpoint_type'];
  return value === undefined ? settings : { ...without(settings, ['endpoint_type']), interface: value };
}

function renameInterfaces(settings: Settings): Settings {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      key.endsWith('endpoint_type') ? key.replaceAll('endpoint_type', 'interface') : key,
      value,
    ]),
  );
}

function renameAuthPlugin(settings: Settings): Settings {
  const authType = settings['auth_type'] === undefined ? settings['auth_plugin'] : settings['auth_type'];
  return { ...without(settings, ['auth_plugin', 'auth_type']), auth_type: authType ?? null };
}

/** Present name, and the spellings that give it, the last one winning. */
const authSpellings: readonly (readonly [string, readonly string[]])[] = [
  ['domain_id', ['domain_id', 'domain-id']],
  ['domain_name', ['domain_name', 'domain-name']],
  ['user_domain_id', ['user_domain_id', 'user-domain-id']],
  ['user_domain_name', ['user_domain_name', 'user-domain-name']],
  ['project_domain_id', ['project_domain_id', 'project-domain-id']],
  ['project_domain_name', ['project_domain_name', 'project-domain-name']],
  ['token', ['auth-token', 'auth_token', 'token']],
];

const projectSpellings: typeof authSpellings = [
  ['project_id', ['tenant_id', 'tenant-id', 'project_id', 'project-id']],
  ['project_name', ['tenant_name', 'tenant-name', 'project_name', 'project-name']],
];

const tenantSpellings: typeof authSpellings = [
  ['tenant_id', ['project_id', 'project-id', 'tenant_id', 'tenant-id']],
  ['tenant_name', ['project_name', 'project-name', 'tenant_name', 'tenant-name']],
];

/** Tenants are projects, and whatever says who signs in to what belongs to `auth`. */
function renameProject(settings: Settings): Settings {
  const projects = settings['auth_type'] === 'v2password' ? tenantSpellings : projectSpellings;
  let rest = settings;
  let auth = settingsAt(settings, 'auth');
  for (const [name, spellings] of [...authSpellings, ...projects]) {
    const given = spellings.flatMap((spelling) => [rest[spelling], auth[spelling]]).filter(isScalar);
    rest = without(rest, spellings);
    auth = without(auth, spellings);
    const last = given.at(-1);
    if (last) auth = { ...auth, [name]: pythonText(last) };
  }
  return { ...rest, auth };
}

function isScalar(value: Setting | undefined): value is string | boolean {
  return typeof value === 'string' || typeof value === 'boolean';
}

/** A domain said once holds for user and project, unless nothing says which project: then it is the scope. */
function spreadDomain(settings: Settings): Settings {
  const auth = settingsAt(settings, 'auth');
  const hasProject = ['project_id', 'project_name'].some((key) => key in settings || key in auth);
  if (!hasProject) return settings;
  const { domain_id: id, domain_name: name, ...others } = auth;
  return {
    ...without(settings, ['domain_id', 'domain_name']),
    auth: {
      ...(id !== undefined && { user_domain_id: id, project_domain_id: id }),
      ...(name !== undefined && { user_domain_name: name, project_domain_name: name }),
      ...others,
    },
  };
}

/** The networks with every flag; `external_network` and `internal_network` are older words for two of them. */
function listNetworks(settings: Settings, cloud: string): Settings {
  const given = settings['networks'] ?? [];
  if (!Array.isArray(given)) throw new ApiError('misconfigured', `cloud ${cloud}: networks must be a list`);
  const networks: Settings[] = given.map((item: Setting) => network(item, cloud));
  for (const key of ['external_network', 'internal_network']) {
    const name = settings[key];
    if (name === undefined) continue;
    if ('networks' in settings) {
      throw new ApiError('misconfigured', `cloud ${cloud} has both ${key} and networks: take ${key} away`);
    }
    const external = key === 'external_network';
    networks.push({ name, routes_externally: external, nat_destination: !external, default_interface: external });
  }
  for (const flag of ['nat_destination', 'default_interface']) {
    if (networks.filter((item) => item[flag] === true).length > 1) {
      throw new ApiError('misconfigured', `cloud ${cloud}: only one of its networks can be ${flag}`);
    }
  }
  return { ...settings, networks };
}

function network(item: Setting, cloud: string): Settings {
  const name = isSettings(item) ? textAt(item, 'name') : undefined;
  if (!isSettings(item) || name === undefined) {
    throw new ApiError('misconfigured', `cloud ${cloud}: each of its networks needs a name`);
  }
  const external = toBoolean(item['routes_externally']);
  const family = (key: string): boolean => (key in item ? toBoolean(item[key]) : external);
  return {
    name,
    routes_externally: external,
    nat_source: toBoolean(item['nat_source']),
    nat_destination: toBoolean(item['nat_destination']),
    default_interface: toBoolean(item['default_interface']),
    routes_ipv4_externally: family('routes_ipv4_externally'),
    routes_ipv6_externally: family('routes_ipv6_externally'),
  };
}
