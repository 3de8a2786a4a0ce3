import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/cluster.js';
import { callsSince, markLogs } from './support/access-log.js';
import type { SeenServer } from './support/cloud-user.js';
import { configurationOf } from './support/configuration.js';
import { closeRig, openRig, type Rig, untilSettled } from './support/rig.js';

let rig: Rig;

afterEach((test) => closeRig(rig, test));

async function start(choices: Parameters<typeof configurationOf>[1] = {}): Promise<void> {
  rig = await openRig((place) => configurationOf(place, choices));
  await rig.putImage('ready-made');
  rig.start('nodepool-launcher');
}

const serve = (label: string) => rig.serve(label, { signal: AbortSignal.timeout(300_000) });

/** The first server of Nodepool's that the cloud shows in that state. */
async function serverIn(status: string): Promise<SeenServer> {
  let found: SeenServer | undefined;
  await eventually(
    `a server in state ${status}`,
    async () => {
      const servers = await rig.user.servers();
      found = servers.find((server) => server.status === status);
      return found === undefined ? servers.map((server) => server.status).join(', ') : undefined;
    },
    120_000,
  );
  if (found === undefined) throw new Error('nothing was found');
  return found;
}

describe('a server', () => {
  it('that goes to ERROR each time fails its request after the attempts that are allowed, and is deleted', async () => {
    await start({ launchRetries: 2 });
    const mark = await markLogs(rig.cloudDir);

    const served = await serve('broken');
    await untilSettled(rig, 60_000);
    const creates = (await callsSince(rig.cloudDir, mark)).filter(
      ({ method, path }) => method === 'POST' && path.endsWith('/servers'),
    );

    expect(served).toMatchObject({ state: 'failed', problems: [] });
    expect(creates).toHaveLength(2);
    expect(await rig.user.servers()).toEqual([]);
  });

  it('that never leaves BUILD is given up and deleted when its host is back', async () => {
    await start({ launchRetries: 1, bootTimeoutSec: 15 });
    await rig.testcloud('pause', 'compute-testcloud1');
    try {
      const served = await serve('small');
      expect(served).toMatchObject({ state: 'failed' });
    } finally {
      await rig.testcloud('resume', 'compute-testcloud1');
    }

    await untilSettled(rig, 120_000);
    expect(await rig.user.servers()).toEqual([]);
  });

  it('that vanishes while it is built is replaced', async () => {
    await start();
    await rig.testcloud('pause', 'compute-testcloud1');
    const serving = serve('small');
    const { id } = await serverIn('BUILD');
    const vanishing = rig.user.deleteServer(id);
    await rig.testcloud('resume', 'compute-testcloud1');
    await vanishing;

    const served = await serving;
    await untilSettled(rig, 60_000);

    expect(served).toMatchObject({ state: 'fulfilled', problems: [] });
  });
});

describe('a token', () => {
  it('that was revoked is replaced, and nobody notices', async () => {
    await start();
    const before = await serve('small');
    await untilSettled(rig, 60_000);
    const mark = await markLogs(rig.cloudDir);
    const account = `/users/${rig.user.userId}`;
    // Disabling an account revokes every token of it.
    await rig.admin.request('identity', 'PATCH', account, { user: { enabled: false } });
    await rig.admin.request('identity', 'PATCH', account, { user: { enabled: true } });
    // A service may believe for half a minute what it has been told of a token.
    await delay(31_000);

    const after = await serve('small');
    await untilSettled(rig, 60_000);
    const calls = await callsSince(rig.cloudDir, mark);

    expect([before, after]).toMatchObject([{ state: 'fulfilled' }, { state: 'fulfilled' }]);
    expect(calls.filter(({ status }) => status === 401).length).toBeGreaterThan(0);
    expect(calls.filter(({ service, method }) => service === 'keystone' && method === 'POST')).toHaveLength(1);
  });
});

describe('a person beside Nodepool', () => {
  it('who fills the quota and deletes servers under load makes nothing double and nothing stay', async () => {
    await start({ maxServers: 8 });
    await rig.setQuota({ instances: 6 });
    const imageId = (await rig.user.images()).find(({ name }) => name === 'ready-made')?.id;
    const [network] = await rig.user.list<{ id: string }>('network', '/networks?name=loopback', 'networks');
    const theirs = { imageRef: imageId, flavorRef: '1', networks: [{ uuid: network?.id }] };
    const serving = Array.from({ length: 16 }, () => serve('small'));
    await serverIn('BUILD');

    const own = [];
    for (let turn = 0; turn < 6; turn += 1) {
      // May be refused for quota: then Nodepool has it.
      own.push(await rig.user.createServer(`person-${turn}`, theirs).catch(() => undefined));
      const [victim] = (await rig.user.servers()).filter(({ name }) => !name.startsWith('person-'));
      if (victim !== undefined) await rig.user.deleteServer(victim.id);
    }
    await Promise.all(own.map((id) => (id === undefined ? undefined : rig.user.deleteServer(id))));
    const served = await Promise.all(serving);
    await untilSettled(rig, 120_000);

    const nodes = served.flatMap((result) => result.nodes);
    expect(new Set(nodes).size).toBe(nodes.length);
    expect(served.filter(({ state }) => state === 'fulfilled').length).toBeGreaterThanOrEqual(10);
    expect(await rig.user.servers()).toEqual([]);
  });
});
