import type { CallContext } from '@nodepool/driver-api';
import { silentLogger, systemClock } from '@nodepool/runtime';
import { describe, expect, it } from 'vitest';
import { credentialsOf } from '../clouds/credentials.js';
import { openHttpClient } from '../http/http-client.js';
import { signIn } from './sign-in.js';
import { type LoopbackServer, type Reply, type SeenRequest, startLoopbackServer } from './testing/loopback-server.js';
import type { Token } from './token.js';

const ctx: CallContext = { signal: new AbortController().signal, log: silentLogger };
const tls = { verify: true, caFile: undefined, certFile: undefined, keyFile: undefined };

/** Shaped as Rackspace's Identity API v2.0 answers POST /v2.0/tokens. */
const v2Token: Reply = {
  status: 200,
  body: {
    access: {
      token: { id: 'secret-token', expires: '2026-11-23T12:00:00.000Z', tenant: { id: '42', name: '42' } },
      serviceCatalog: [
        {
          name: 'cloudServersOpenStack',
          type: 'compute',
          endpoints: [{ region: 'DFW', tenantId: '42', publicURL: 'https://dfw.example.com/v2/42' }],
        },
      ],
    },
  },
};

/** Shaped as Keystone v3 answers. */
const v3Token: Reply = {
  status: 201,
  headers: { 'x-subject-token': 'secret-token' },
  body: { token: { issued_at: '2026-11-22T11:00:00Z', expires_at: '2026-11-22T12:00:00Z', project: { id: 'p1' } } },
};

async function signInAt(
  server: LoopbackServer,
  path: string,
  settings: Record<string, string> = {},
  type = 'password',
): Promise<Token> {
  const auth = { auth_url: server.url + path, username: 'u', password: 'p', project_name: 't', ...settings };
  const credentials = credentialsOf({ auth_type: type, auth }, 'a');
  if (credentials.kind !== 'keystone') throw new Error('no Keystone');
  const http = openHttpClient({ tls, clock: systemClock, env: {}, cloud: 'a' });
  try {
    return await signIn(credentials, 'a', { http, clock: systemClock }, ctx);
  } finally {
    await http.close();
  }
}

const asked = (server: LoopbackServer): readonly string[] => server.seen.map(({ method, url }) => `${method} ${url}`);

describe('signing in', () => {
  it('speaks v2 where the address says so, and reads its catalogue', async () => {
    await using server = await startLoopbackServer(() => v2Token);

    const token = await signInAt(server, '/v2.0/');

    expect(asked(server)).toEqual(['POST /v2.0/tokens']);
    expect(token).toMatchObject({ projectId: '42', lifetimeMs: undefined });
    expect(token.catalogue).toEqual([
      {
        type: 'compute',
        name: 'cloudServersOpenStack',
        interface: 'public',
        region: 'DFW',
        url: 'https://dfw.example.com/v2/42',
      },
    ]);
  });

  it('speaks v3 at an old address when there is a domain, which v2 does not know', async () => {
    await using server = await startLoopbackServer(() => v3Token);

    const token = await signInAt(server, '/identity/v2.0', { user_domain_name: 'Default' });

    expect(asked(server)).toEqual(['POST /identity/v3/auth/tokens']);
    expect(token).toMatchObject({ projectId: 'p1', lifetimeMs: 3_600_000, catalogue: [] });
  });

  it.each([
    [
      'the newest',
      { status: 300, body: { versions: { values: [{ id: 'v3.14', status: 'stable' }] } } },
      '/id/v3/auth/tokens',
      v3Token,
    ],
    [
      'v2 alone',
      { status: 300, body: { versions: { values: [{ id: 'v2.0', status: 'stable' }] } } },
      '/id/v2.0/tokens',
      v2Token,
    ],
    ['none', { status: 403 }, '/id/v3/auth/tokens', v3Token],
  ] satisfies [string, Reply, string, Reply][])(
    'asks an address without a version for it: %s',
    async (_what, versions, path, token) => {
      const reply = ({ method }: SeenRequest): Reply => (method === 'GET' ? versions : token);
      await using server = await startLoopbackServer(reply);

      await signInAt(server, '/id');

      expect(asked(server)).toEqual(['GET /id/', `POST ${path}`]);
    },
  );

  it('is refused with a remedy of its own where Keystone does not know the application credential', async () => {
    const message = 'Could not find Application Credential: 4f.';
    await using server = await startLoopbackServer(() => ({ status: 404, body: { error: { code: 404, message } } }));
    const settings = { application_credential_id: '4f', application_credential_secret: 'credential-secret' };

    await expect(signInAt(server, '/v3', settings, 'v3applicationcredential')).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringMatching(/Could not find Application Credential.*: check the application credential/),
    });
  });

  it.each([
    [{ status: 200, body: '<html>welcome</html>' }, /does not answer as Keystone: check auth_url/],
    [{ status: 404 }, /HTTP 404.*check auth_url/],
    [{ status: 401, body: { error: { message: 'wrong' } } }, /HTTP 401: wrong: check user, password and project/],
    [{ status: 403, body: { error: { message: 'locked' } } }, /HTTP 403: locked/],
  ] satisfies [Reply, RegExp][])('is refused by %j with the remedy', async (reply, message) => {
    await using server = await startLoopbackServer(() => reply);

    await expect(signInAt(server, '/v3')).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringMatching(message),
    });
  });
});
