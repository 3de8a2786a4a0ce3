import { describe, expect, it } from 'vitest';
import { credentialsOf } from '../clouds/credentials.js';
import type { Settings } from '../clouds/settings.js';
import { signInBodyV2, signInBodyV3 } from './sign-in-body.js';

/** What Keystone v3 is sent for a cloud with these settings. */
function bodyFor(auth: Settings, authType = 'password'): unknown {
  const credentials = credentialsOf({ auth_type: authType, auth: { auth_url: 'http://h', ...auth } }, 'a');
  if (credentials.kind !== 'keystone') throw new Error('no Keystone');
  return signInBodyV3(credentials.identity, credentials.scope);
}

const user = { username: 'u', password: 'p', user_domain_name: 'Default' };
const byName = { user: { name: 'u', domain: { name: 'Default' }, password: 'p' } };

describe('signing in to Keystone v3', () => {
  it.each([
    ['a project by its id', { project_id: 'x', project_domain_id: 'd' }, { project: { id: 'x' } }],
    [
      'a project by its name',
      { project_name: 'x', project_domain_id: 'd' },
      { project: { name: 'x', domain: { id: 'd' } } },
    ],
    [
      'a project of the default domain',
      { project_name: 'x', default_domain_name: 'D' },
      { project: { name: 'x', domain: { name: 'D' } } },
    ],
    ['a domain by its id', { domain_id: 'x' }, { domain: { id: 'x' } }],
    ['a domain by its name', { domain_name: 'x' }, { domain: { name: 'x' } }],
    ['a trust', { trust_id: 'x' }, { 'OS-TRUST:trust': { id: 'x' } }],
    ['the system', { system_scope: 'all' }, { system: { all: true } }],
    ['nothing', {}, undefined],
  ])('asks for %s', (_what, auth, scope) => {
    expect(bodyFor({ ...user, ...auth })).toEqual({
      auth: { identity: { methods: ['password'], password: byName }, ...(scope && { scope }) },
    });
  });

  it('names the user by id without a domain', () => {
    expect(bodyFor({ user_id: 'i', username: 'u', password: 'p', user_domain_id: 'd' })).toMatchObject({
      auth: { identity: { password: { user: { id: 'i', password: 'p' } } } },
    });
  });

  it('with a token sends the token', () => {
    expect(bodyFor({ token: 't', project_id: 'x' }, 'token')).toEqual({
      auth: { identity: { methods: ['token'], token: { id: 't' } }, scope: { project: { id: 'x' } } },
    });
  });

  it.each([
    [{ application_credential_id: 'i' }, { id: 'i', secret: 's' }],
    [
      { application_credential_name: 'n', username: 'u', user_domain_id: 'd' },
      { name: 'n', user: { name: 'u', domain: { id: 'd' } }, secret: 's' },
    ],
  ])('with an application credential %j asks for no project, which it has of its own', (auth, credential) => {
    const settings = { ...auth, application_credential_secret: 's', project_id: 'x' };

    expect(bodyFor(settings, 'v3applicationcredential')).toEqual({
      auth: { identity: { methods: ['application_credential'], application_credential: credential } },
    });
  });
});

describe('signing in to Keystone v2', () => {
  it.each([
    [
      'v2password',
      { username: 'u', password: 'p', tenant_name: 't' },
      { passwordCredentials: { username: 'u', password: 'p' }, tenantName: 't' },
    ],
    [
      'v2password',
      { user_id: 'i', password: 'p', tenant_id: 't' },
      { passwordCredentials: { userId: 'i', password: 'p' }, tenantId: 't' },
    ],
    ['v2token', { token: 'x' }, { token: { id: 'x' } }],
  ])('by %s with %j', (authType, auth, body) => {
    const credentials = credentialsOf({ auth_type: authType, auth: { auth_url: 'http://h', ...auth } }, 'a');
    if (credentials.kind !== 'keystone') throw new Error('no Keystone');

    expect(signInBodyV2(credentials.identity, credentials.scope, 'a')).toEqual({ auth: body });
  });

  it('refuses what only v3 has', () => {
    const settings = {
      auth: { auth_url: 'http://h', ...user, system_scope: 'all', domain_id: 'd' },
      auth_type: 'password',
    };
    const credentials = credentialsOf(settings, 'a');
    if (credentials.kind !== 'keystone') throw new Error('no Keystone');

    expect(() => signInBodyV2(credentials.identity, credentials.scope, 'a')).toThrow(/speaks v2 only/);
  });
});
