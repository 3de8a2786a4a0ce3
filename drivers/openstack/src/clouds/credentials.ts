import { Secret } from '@nodepool/runtime';
import { ApiError } from '../errors.js';
import { type AuthType, authTypeOf } from './auth-options.js';
import { type Settings, settingsAt, textAt } from './settings.js';

/** By id, or by name within a domain. */
export interface Named {
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly domainId: string | undefined;
  readonly domainName: string | undefined;
}

/** What a token is to be good for. */
export type Scope =
  | { readonly kind: 'project'; readonly project: Named }
  | { readonly kind: 'domain'; readonly id: string | undefined; readonly name: string | undefined }
  | { readonly kind: 'system' }
  | { readonly kind: 'trust'; readonly id: string }
  | { readonly kind: 'none' };

/** Who signs in, and how. */
export type Identity =
  | { readonly kind: 'password'; readonly user: Named; readonly password: Secret }
  | { readonly kind: 'token'; readonly token: Secret }
  | {
      readonly kind: 'application-credential';
      readonly id: string | undefined;
      readonly name: string | undefined;
      readonly user: Named;
      readonly secret: Secret;
    };

export type Credentials =
  | {
      readonly kind: 'keystone';
      readonly authUrl: string;
      /** Undefined is found out: from the address, else by asking. */
      readonly version: 2 | 3 | undefined;
      readonly identity: Identity;
      readonly scope: Scope;
    }
  /** No Keystone: the services are where the settings say, and take this token or none. */
  | { readonly kind: 'fixed'; readonly token: Secret | undefined };

/**
 * Who signs in, how, and to what.
 *
 * @throws ApiError `misconfigured` naming the cloud and what is missing. Never quotes a value.
 */
export function credentialsOf(settings: Settings, cloud: string): Credentials {
  const authType = authTypeOf(settings, cloud);
  const auth = settingsAt(settings, 'auth');
  const need = (key: string): string => {
    const value = textAt(auth, key);
    if (value !== undefined) return value;
    throw new ApiError(
      'misconfigured',
      `cloud ${cloud}: auth_type ${authType} needs ${key} under auth, in clouds.yaml or secure.yaml`,
    );
  };
  if (authType === 'none') return { kind: 'fixed', token: undefined };
  if (authType === 'admin_token') return { kind: 'fixed', token: new Secret(need('token')) };
  const authUrl = need('auth_url');
  if (!URL.canParse(authUrl)) throw new ApiError('misconfigured', `cloud ${cloud}: auth_url is not a URL`);
  return {
    kind: 'keystone',
    authUrl,
    version: authType.startsWith('v3') ? 3 : authType.startsWith('v2') ? 2 : undefined,
    identity: identityOf(authType, auth, cloud, need),
    scope: scopeOf(authType, auth),
  };
}

function identityOf(authType: AuthType, auth: Settings, cloud: string, need: (key: string) => string): Identity {
  if (authType.endsWith('token')) return { kind: 'token', token: new Secret(need('token')) };
  if (authType !== 'v3applicationcredential') {
    const user = userOf(auth);
    if (user.id === undefined) need('username');
    return { kind: 'password', user, password: new Secret(need('password')) };
  }
  const id = textAt(auth, 'application_credential_id');
  const name = textAt(auth, 'application_credential_name');
  const user = userOf(auth);
  if (id === undefined && (name === undefined || (user.id === undefined && user.name === undefined))) {
    throw new ApiError(
      'misconfigured',
      `cloud ${cloud}: an application credential needs application_credential_id, ` +
        'or application_credential_name and the user, under auth',
    );
  }
  return {
    kind: 'application-credential',
    id,
    name,
    user,
    secret: new Secret(need('application_credential_secret')),
  };
}

function userOf(auth: Settings): Named {
  return named(auth, 'user_id', 'username', 'user');
}

function named(auth: Settings, idKey: string, nameKey: string, kind: 'user' | 'project'): Named {
  return {
    id: textAt(auth, idKey),
    name: textAt(auth, nameKey),
    domainId: textAt(auth, `${kind}_domain_id`) ?? textAt(auth, 'default_domain_id'),
    domainName: textAt(auth, `${kind}_domain_name`) ?? textAt(auth, 'default_domain_name'),
  };
}

/** An application credential brings its own project, and may not be asked for another. */
function scopeOf(authType: AuthType, auth: Settings): Scope {
  if (authType === 'v3applicationcredential') return { kind: 'none' };
  const isTenant = authType === 'v2password' || authType === 'v2token';
  const project = isTenant
    ? named(auth, 'tenant_id', 'tenant_name', 'project')
    : named(auth, 'project_id', 'project_name', 'project');
  const domainId = textAt(auth, 'domain_id');
  const domainName = textAt(auth, 'domain_name');
  const trust = textAt(auth, 'trust_id');
  if (domainId !== undefined || domainName !== undefined) return { kind: 'domain', id: domainId, name: domainName };
  if (project.id !== undefined || project.name !== undefined) return { kind: 'project', project };
  if (trust !== undefined) return { kind: 'trust', id: trust };
  return textAt(auth, 'system_scope') === 'all' ? { kind: 'system' } : { kind: 'none' };
}
