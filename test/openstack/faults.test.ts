import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/cluster.js';
import { callsSince, markLogs } from './support/access-log.js';
import type { SeenServer } from './support/cloud-user.js';
import { configurationOf } from './support/configuration.js';
import { openstackCommand } from './support/openstack-command.js';
import { closeRig, openRig, type Rig, untilSettled } from './support/rig.js';

/** On a machine that does much else; a few seconds otherwise. */
const settleMs = 240_000;

let rig: Rig;

afterEach((test) => closeRig(rig, test));

async function start(choices: Parameters<typeof configurationOf>[1] = {}): Promise<void> {
  rig = await openRig((place) => configurationOf(place, choices));
  await rig.putImage('ready-made');
  rig.start('nodepool-launcher');
}

const serve = (label: string) => rig.serve(label, { signal: AbortSignal.timeout(600_000) });

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
    settleMs,
  );
  if (found === undefined) throw new Error('nothing was found');
  return found;
}

describe('a server', () => {
  it('that goes to ERROR each time fails its request after the attempts that are allowed, and is deleted', async () => {
    await start({ launchRetries: 2 });
    const mark = await markLogs(rig.cloudDir);

    const served = await serve('broken');
    await untilSettled(rig, settleMs);
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

    await untilSettled(rig, settleMs);
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
    await untilSettled(rig, settleMs);

    expect(served).toMatchObject({ state: 'fulfilled', problems: [] });
  });
});

describe('a token', () => {
  it('that was revoked is replaced, and nobody notices', async () => {
    await start();
    const before = await serve('small');
    await untilSettled(rig, settleMs);
    const mark = await markLogs(rig.cloudDir);
    await rig.revokeTokens();

    const after = await serve('small');
    await untilSettled(rig, settleMs);
    const calls = await callsSince(rig.cloudDir, mark);

    expect([before, after]).toMatchObject([{ state: 'fulfilled' }, { state: 'fulfilled' }]);
    expect(calls.filter(({ status }) => status === 401).length).toBeGreaterThan(0);
    expect(calls.filter(({ service, method }) => service === 'keystone' && method === 'POST')).toHaveLength(1);
  });
});

describe('a person beside Nodepool', () => {
  it('who fills the quota and deletes servers with the openstack command makes nothing double and nothing stay', async () => {
    await start({ maxServers: 8 });
    await rig.setQuota({ instances: 6 });
    const serving = Array.from({ length: 12 }, () => serve('small'));
    await serverIn('BUILD');

    await Promise.all([fillQuota(3), deleteServers(3)]);
    const theirs = (await rig.user.servers()).filter(({ name }) => name.startsWith('person-'));
    await Promise.all(theirs.map(({ id }) => rig.user.deleteServer(id)));
    const served = await Promise.all(serving);
    await untilSettled(rig, settleMs);

    const nodes = served.flatMap((result) => result.nodes);
    expect(new Set(nodes).size).toBe(nodes.length);
    // Three deletions are the attempts of one request.
    expect(served.filter(({ state }) => state === 'fulfilled').length).toBeGreaterThanOrEqual(11);
    await untilGone();
  });
});

/** Servers as `openstack server list` shows them; none when the cloud is too busy to say. */
async function serversSeen(): Promise<readonly { readonly ID: string; readonly Name: string }[]> {
  const text = await type('server', 'list', '-f', 'json', '-c', 'ID', '-c', 'Name');
  return text === undefined ? [] : (JSON.parse(text) as { ID: string; Name: string }[]);
}

/** Servers of their own, one after the other, as long as the quota lasts: what is refused, Nodepool has. */
async function fillQuota(turns: number): Promise<void> {
  const machine = ['--image', 'ready-made', '--flavor', 'm1.tiny', '--network', 'loopback'];
  for (let turn = 1; turn <= turns; turn += 1) await type('server', 'create', ...machine, `person-${turn}`);
}

/** One of Nodepool's servers after the other, whatever it is used for; some are gone before the command is there. */
async function deleteServers(turns: number): Promise<void> {
  for (let turn = 1; turn <= turns; turn += 1) {
    const victim = (await serversSeen()).find(({ Name }) => Name.startsWith('np'));
    if (victim !== undefined) await type('server', 'delete', victim.ID);
  }
}

/** A server that is gone, a quota that is full, a cloud that is too busy. */
const toBeExpected = /No server with a name or ID|could not be found|quota|HTTP (409|5\d\d)/i;

/** The `openstack` command with these words; undefined when it is refused as a person must expect beside Nodepool. */
async function type(...words: readonly string[]): Promise<string | undefined> {
  return openstackCommand(rig.cloudDir, ...words).catch((error: Error) => {
    if (toBeExpected.test(error.message)) return undefined;
    throw error;
  });
}

function untilGone(): Promise<void> {
  return eventually(
    'a cloud without servers',
    async () => {
      const servers = await rig.user.servers();
      return servers.length === 0 ? undefined : servers.map(({ name, status }) => `${name} ${status}`).join(', ');
    },
    settleMs,
  );
}
