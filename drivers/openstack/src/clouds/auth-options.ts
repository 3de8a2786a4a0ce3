import { ApiError } from '../errors.js';
import { type Setting, type Settings, settingsAt, without } from './settings.js';

/** An option of a way to sign in, and the older names that it goes by. */
type Option = readonly [name: string, ...olderNames: string[]];

const scope: readonly Option[] = [
  ['auth_url'],
  ['system_scope'],
  ['domain_id'],
  ['domain_name'],
  ['project_domain_id'],
  ['project_domain_name'],
  ['trust_id'],
];
const project: readonly Option[] = [['project_id'], ['project_name']];
const tenant: readonly Option[] = [
  ['project_id', 'tenant_id'],
  ['project_name', 'tenant_name'],
];
const user: readonly Option[] = [['user_id'], ['username', 'user_name'], ['user_domain_id'], ['user_domain_name']];
const defaults: readonly Option[] = [['default_domain_id'], ['default_domain_name']];
const v2: readonly Option[] = [['auth_url'], ['tenant_id'], ['tenant_name'], ['trust_id']];

/** Ways to sign in, by `auth_type`, with the options that each takes. Source: keystoneauth1, its plugins' options. */
export const authOptions = {
  password: [...scope, ...tenant, ...defaults, ...user, ['password']],
  token: [...scope, ...tenant, ...defaults, ['token']],
  v3password: [...scope, ...project, ...user, ['password']],
  v3token: [...scope, ...project, ['token']],
  v3applicationcredential: [
    ...scope,
    ...project,
    ...user,
    ['application_credential_secret'],
    ['application_credential_id'],
    ['application_credential_name'],
  ],
  v2password: [...v2, ['username'], ['user_id'], ['password']],
  v2token: [...v2, ['token']],
  none: [['endpoint']],
  admin_token: [['endpoint', 'url'], ['token']],
} as const satisfies Readonly<Record<string, readonly Option[]>>;

export type AuthType = keyof typeof authOptions;

function isAuthType(value: string): value is AuthType {
  return Object.hasOwn(authOptions, value);
}

/**
 * Which way to sign in.
 *
 * @throws ApiError `misconfigured` for one that this driver does not know.
 */
export function authTypeOf(settings: Settings, cloud: string): AuthType {
  const given = settings['auth_type'];
  if (given === null || given === undefined || given === '' || given === 'None') return 'none';
  if (given === 'token_endpoint') return 'admin_token';
  if (typeof given === 'string' && isAuthType(given)) return given;
  const known = Object.keys(authOptions).join(', ');
  throw new ApiError('misconfigured', `cloud ${cloud}: auth_type ${String(given)} is none of ${known}`);
}

/** The options of `authType` gathered in `auth`, wherever they stood; those in `auth` win. */
export function gatherAuth(settings: Settings, authType: AuthType): Settings {
  const options: readonly Option[] = authOptions[authType];
  let rest = settings;
  let auth = settingsAt(settings, 'auth');
  for (const names of options) {
    const value = firstOf(auth, names) || firstOf(rest, names);
    rest = without(rest, names);
    auth = without(auth, names);
    if (value) auth = { ...auth, [names[0]]: value };
  }
  return { ...rest, auth, auth_type: authType };
}

function firstOf(settings: Settings, names: Option): Setting | undefined {
  const name = names.find((candidate) => candidate in settings);
  return name === undefined ? undefined : settings[name];
}
