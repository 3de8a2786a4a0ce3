import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/cluster.js';
import { configurationOf } from './support/configuration.js';
import { smallImage, writeImageCreate } from './support/image-create.js';
import { closeRig, openRig, type Rig, untilSettled, uploadRecords } from './support/rig.js';
import { receiveStatsd } from './support/statsd.js';
import { dumpTree } from './support/tree.js';
import { followEvents, readWeb, type WebAnswer } from './support/web.js';

/** Tokens of Keystone's begin like every Fernet token. */
const token = /gAAAAA[\w-]{20}/;

let rig: Rig;

afterEach((test) => closeRig(rig, test));

/** A build, its upload, a machine that is used, one that fails, and a token that is refused in the middle. */
async function goThroughEverything(): Promise<void> {
  const signal = AbortSignal.timeout(600_000);
  await eventually(
    'a ready upload',
    async () => {
      const states = (await uploadRecords(rig.cluster.zk)).map(({ state }) => String(state));
      return states.includes('ready') ? undefined : `uploads: ${states.join(', ')}`;
    },
    300_000,
  );
  await rig.revokeTokens();
  const served = await Promise.all(['built', 'broken', 'small'].map((label) => rig.serve(label, { signal })));
  expect(served.map(({ state }) => state)).toEqual(['fulfilled', 'failed', 'fulfilled']);
}

/** What must be in an answer for it to prove anything, by the ends of paths. */
const substance: Readonly<Record<string, string>> = {
  '/node-list': 'testcloud',
  '/image-list': 'built',
  '/metrics': 'nodepool_',
  '/api/v1/nodes': 'testcloud',
  '/api/v1/uploads': 'testcloud',
  '/api/v1/providers': 'testcloud',
};

function expectSubstance(answers: readonly WebAnswer[]): void {
  for (const [path, text] of Object.entries(substance)) {
    const answer = answers.find((each) => each.path === path);
    expect(answer, path).toMatchObject({ status: 200, text: expect.stringContaining(text) });
  }
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(30);
}

describe('password and tokens', () => {
  it('are in no log, record, measurement or page of a run with builds, launches and refusals', async () => {
    rig = await openRig((place) => {
      const diskimage = `{name: built, formats: [qcow2], dib-cmd: ${place.folder}/fake-image-create}`;
      return configurationOf(place, { diskimage, launchRetries: 2, minReady: 1 });
    });
    await writeImageCreate(rig.cluster.folder, smallImage);
    await rig.putImage('ready-made');
    await using statsd = await receiveStatsd();
    rig.start('nodepool-builder', statsd.env, '-d');
    rig.start('nodepool-launcher', statsd.env, '-d');
    await untilSettled(rig, 240_000, 1);
    await using events = await followEvents(rig.webPort);

    await goThroughEverything();
    await untilSettled(rig, 240_000, 1);
    const pages = await readWeb(rig.webPort);

    const launcherLog = await rig.cluster.log('nodepool-launcher');
    const builderLog = await rig.cluster.log('nodepool-builder');
    const tree = await dumpTree(rig.cluster.zk);
    expectSubstance(pages);
    for (const log of [launcherLog, builderLog]) expect(log).toContain('called the cloud');
    expect(launcherLog).toContain('renewed a token that was refused');
    expect(statsd.received()).toContain('nodepool.');
    expect(events.received()).toContain('event: change');
    expect(tree).toContain('external_id');
    const all = { launcherLog, builderLog, statsd: statsd.received(), events: events.received(), tree };
    for (const [name, text] of [...Object.entries(all), ...pages.map(({ path, text }) => [path, text] as const)]) {
      // Not by `not.toContain`: its message would show the secret.
      expect(text.includes(rig.password), `the password in ${name}`).toBe(false);
      expect(token.test(text), `a token in ${name}`).toBe(false);
    }
  });
});
