import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallContext, Provider } from '@nodepool/driver-api';
import { recordLog } from '@nodepool/runtime/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually } from '../support/cluster.js';
import { callsSince, type LogMark, markLogs } from './support/access-log.js';
import { CloudUser } from './support/cloud-user.js';
import { CuttingProxy } from './support/cutting-proxy.js';
import { openProvider } from './support/open-provider.js';
import { revokeTokens } from './support/revoke-tokens.js';
import { readSetting } from './support/settings.js';

const { dir, portBase } = inject('testCloud');
const keystone = `http://127.0.0.1:${portBase}`;

/** A credential that the account has made for a program. */
interface ApplicationCredential {
  readonly id: string;
  readonly name: string;
  readonly secret: string;
}

let folder: string;
let password: string;
let user: CloudUser;
let admin: CloudUser;
let credential: ApplicationCredential;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'np-sign-in-'));
  password = await readSetting(dir, 'PASSWORD');
  user = await CloudUser.signIn({ portBase, name: 'nodepool', password });
  admin = await CloudUser.signIn({ portBase, name: 'admin', password });
  const wanted = { application_credential: { name: `nodepool-${process.pid}` } };
  const made = await user.request('identity', 'POST', `/users/${user.userId}/application_credentials`, wanted);
  credential = made['application_credential'] as ApplicationCredential;
});

afterAll(async () => {
  await user.request('identity', 'DELETE', `/users/${user.userId}/application_credentials/${credential.id}`);
  await rm(folder, { recursive: true });
});

const log = recordLog();
const ctx: CallContext = { signal: new AbortController().signal, log };

const open = (cloud: object): Promise<Provider> =>
  openProvider({ folder, cloud: { region_name: 'RegionOne', ...cloud }, log });

const domains = { user_domain_name: 'Default', project_domain_name: 'Default' };

/** Entries of clouds.yaml that lead into the project, by what is special about them. Made when the accounts are known. */
const ways: Readonly<Record<string, () => object>> = {
  'a password, project and domains by name': () => ({
    auth: { auth_url: `${keystone}/v3`, username: 'nodepool', password, project_name: 'nodepool', ...domains },
  }),
  'a password, user and project by id': () => ({
    auth: { auth_url: `${keystone}/v3`, user_id: user.userId, password, project_id: user.projectId },
  }),
  'a password, one domain for user and project': () => ({
    auth: {
      auth_url: `${keystone}/v3`,
      username: 'nodepool',
      password,
      project_name: 'nodepool',
      default_domain_id: 'default',
    },
  }),
  'a password, and an address without version': () => ({
    auth: { auth_url: keystone, username: 'nodepool', password, project_name: 'nodepool', ...domains },
  }),
  'a token': () => ({
    auth_type: 'token',
    auth: { auth_url: `${keystone}/v3`, token: user.token, project_id: user.projectId },
  }),
  'an application credential by id': () => ({
    auth_type: 'v3applicationcredential',
    auth: {
      auth_url: `${keystone}/v3`,
      application_credential_id: credential.id,
      application_credential_secret: credential.secret,
    },
  }),
  'an application credential by name and user': () => ({
    auth_type: 'v3applicationcredential',
    auth: {
      auth_url: `${keystone}/v3`,
      application_credential_name: credential.name,
      application_credential_secret: credential.secret,
      username: 'nodepool',
      user_domain_name: 'Default',
    },
  }),
};

const withPassword = (change: object): object => ({
  auth: { auth_url: `${keystone}/v3`, username: 'nodepool', password, project_name: 'nodepool', ...domains, ...change },
});

const withCredential = (id: string): object => ({
  auth_type: 'v3applicationcredential',
  auth: {
    auth_url: `${keystone}/v3`,
    application_credential_id: id,
    application_credential_secret: 'not-the-secret',
  },
});

async function signIns(since: LogMark): Promise<number> {
  return (await callsSince(dir, since)).filter(({ service, method }) => service === 'keystone' && method === 'POST')
    .length;
}

describe('signing in to a real Keystone', () => {
  it.each(Object.keys(ways))('works with %s', async (way) => {
    const provider = await open(ways[way]?.() ?? {});

    const limits = await provider.quota?.limits(ctx);

    expect(limits?.['instances']).toBeGreaterThan(0);
  });

  it('is for a domain where no project is named', async () => {
    const [role] = await admin.list<{ id: string }>('identity', '/roles?name=admin', 'roles');
    const grant = `/domains/default/users/${admin.userId}/roles/${role?.id}`;
    await admin.request('identity', 'PUT', grant);
    const auth = { auth_url: `${keystone}/v3`, username: 'admin', password, user_domain_name: 'Default' };
    const provider = await open({ auth: { ...auth, domain_name: 'Default' } });

    const zones = await provider.zones?.(ctx).finally(() => admin.request('identity', 'DELETE', grant));

    expect(zones).toContain('az1');
  });

  it('leaves it to clouds.yaml where a service is', async () => {
    await using proxy = await CuttingProxy.start(portBase + 3);
    proxy.cutAfter(0);
    const provider = await open({ ...withPassword({}), compute_endpoint_override: `${proxy.url}/v2.1` });

    const limits = await provider.quota?.limits(ctx);

    expect(proxy.cuts).toBe(1);
    expect(limits?.['instances']).toBeGreaterThan(0);
  });

  it.each([
    ['a wrong password', () => withPassword({ password: 'not-the-password' }), 'check user, password and project'],
    ['a project of others', () => withPassword({ project_name: 'admin' }), 'check user, password and project'],
    ['no such credential', () => withCredential('f'.repeat(32)), 'check the application credential'],
    ['a wrong secret', () => withCredential(credential.id), 'check the application credential'],
  ])('tells what to correct, asks once, and quotes no secret: %s', async (_what, cloud, remedy) => {
    const provider = await open(cloud());
    const mark = await markLogs(dir);

    const refusals = await Promise.allSettled([provider.listInstances(ctx), provider.listInstances(ctx)]);
    const later = await provider.listInstances(ctx).catch((error: unknown) => error);

    const reasons = refusals.map((result) => (result.status === 'rejected' ? result.reason : undefined));
    for (const reason of [...reasons, later]) {
      expect(reason).toMatchObject({
        code: 'misconfigured',
        message: expect.stringMatching(new RegExp(`^signing in to cloud testcloud: HTTP 40[14].*: ${remedy}`)),
      });
    }
    const said = JSON.stringify([reasons.map((reason) => [reason.message, String(reason.cause)]), log.lines]);
    for (const secret of [password, 'not-the-password', 'not-the-secret']) expect(said.includes(secret)).toBe(false);
    // The service logs a request when it has been answered.
    await eventually('the sign-in in the log', async () => ((await signIns(mark)) > 0 ? undefined : 'none'), 30_000);
    expect(await signIns(mark)).toBe(1);
  });

  it('is done anew when the tokens were revoked, where there is something to do it with', async () => {
    const owner = await CloudUser.signIn({ portBase, name: 'nodepool', password });
    const lasting = await open(withPassword({}));
    await lasting.quota?.limits(ctx);
    const given = { auth_url: `${keystone}/v3`, token: owner.token, project_id: owner.projectId };
    const passing = await open({ auth_type: 'token', auth: given });
    await passing.quota?.limits(ctx);
    await revokeTokens(admin, owner.userId);

    const limits = await lasting.quota?.limits(ctx);

    expect(limits?.['instances']).toBeGreaterThan(0);
    await expect(passing.listInstances(ctx)).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining('the token in clouds.yaml has ended or was revoked'),
    });
  });
});
