import type { JsonObject } from '@nodepool/model';
import type { Identity, Named, Scope } from '../clouds/credentials.js';
import { ApiError } from '../errors.js';

/** What Keystone v3 is asked for a token with. Holds secrets in clear. Source: Identity API v3, POST /v3/auth/tokens. */
export function signInBodyV3(identity: Identity, scope: Scope): JsonObject {
  const asked = scopeOf(scope);
  return { auth: { identity: identityOf(identity), ...(asked !== undefined && { scope: asked }) } };
}

function identityOf(identity: Identity): JsonObject {
  switch (identity.kind) {
    case 'password':
      return {
        methods: ['password'],
        password: { user: { ...namedOf(identity.user), password: identity.password.reveal() } },
      };
    case 'token':
      return { methods: ['token'], token: { id: identity.token.reveal() } };
    case 'application-credential':
      return {
        methods: ['application_credential'],
        application_credential: {
          ...(identity.id === undefined
            ? { name: identity.name ?? '', user: namedOf(identity.user) }
            : { id: identity.id }),
          secret: identity.secret.reveal(),
        },
      };
  }
}

function scopeOf(scope: Scope): JsonObject | undefined {
  switch (scope.kind) {
    case 'project':
      return { project: namedOf(scope.project) };
    case 'domain':
      return { domain: scope.id === undefined ? { name: scope.name ?? '' } : { id: scope.id } };
    case 'system':
      return { system: { all: true } };
    case 'trust':
      return { 'OS-TRUST:trust': { id: scope.id } };
    case 'none':
      return undefined;
  }
}

/** An id needs no domain; a name is one only within a domain. */
function namedOf({ id, name, domainId, domainName }: Named): JsonObject {
  if (id !== undefined) return { id };
  if (domainId !== undefined) return { name: name ?? '', domain: { id: domainId } };
  return { name: name ?? '', ...(domainName !== undefined && { domain: { name: domainName } }) };
}

/**
 * The same for Keystone v2, which knows users and tenants and no domains.
 *
 * @throws ApiError `misconfigured` for what only v3 has.
 */
export function signInBodyV2(identity: Identity, scope: Scope, cloud: string): JsonObject {
  if (identity.kind === 'application-credential' || !['project', 'none'].includes(scope.kind)) {
    throw new ApiError(
      'misconfigured',
      `cloud ${cloud}: its Keystone speaks v2 only, which has no such way to sign in`,
    );
  }
  const who: JsonObject =
    identity.kind === 'token'
      ? { token: { id: identity.token.reveal() } }
      : {
          passwordCredentials: {
            ...(identity.user.id === undefined ? { username: identity.user.name ?? '' } : { userId: identity.user.id }),
            password: identity.password.reveal(),
          },
        };
  if (scope.kind !== 'project') return { auth: who };
  const { id, name } = scope.project;
  return { auth: { ...who, ...(id === undefined ? { tenantName: name ?? '' } : { tenantId: id }) } };
}
