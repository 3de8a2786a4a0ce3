import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, nodeRecords } from '../support/cluster.js';
import { checkout } from '../support/daemon.js';
import { configurationOf } from './support/configuration.js';
import { closeRig, openRig, type Rig, untilSettled, uploadRecords } from './support/rig.js';

const run = promisify(execFile);
const nodes = 20;

let rig: Rig;

afterEach((test) => closeRig(rig, test));

const diskimage = `
  {name: built, formats: [qcow2], elements: [nodepool-mini, block-device-mbr],
   env-vars: {SKIP_BASE: "1", DIB_IMAGE_SIZE: "0.125", DIB_JOURNAL_SIZE: "4"}}`;

/** What a build needs where the kernel lacks device-mapper, and the packages that the image consists of. */
async function buildEnvironment(): Promise<Readonly<Record<string, string>>> {
  const [standIns, packages] = await Promise.all(
    ['script/dib-environment', 'script/fetch-image-packages'].map(async (program) => {
      return (await run(join(checkout, program))).stdout.trim();
    }),
  );
  return { PATH: `${standIns}${process.env['PATH']}`, NODEPOOL_MINI_PACKAGES: packages ?? '' };
}

/** Requests for all nodes at once, each used as soon as it is there. */
async function round(): Promise<void> {
  const signal = AbortSignal.timeout(700_000);
  const served = await Promise.all(Array.from({ length: nodes }, () => rig.serve('built', { signal })));
  expect(served.flatMap(({ problems }) => problems)).toEqual([]);
  expect(served.map(({ state }) => state)).toEqual(Array(nodes).fill('fulfilled'));
}

function untilUploaded(): Promise<void> {
  return eventually(
    'a ready upload',
    async () => {
      const states = (await uploadRecords(rig.cluster.zk)).map(({ state }) => String(state));
      return states.includes('ready') ? undefined : `uploads: ${states.join(', ')}`;
    },
    300_000,
  );
}

describe('on a real OpenStack', () => {
  it(`builds an image, uploads it, and brings ${nodes} servers up, into use and down, twice`, {
    timeout: 2_400_000,
  }, async () => {
    rig = await openRig(
      (place) => `elements-dir: ${checkout}/examples/elements\n${configurationOf(place, { diskimage })}`,
    );
    rig.start('nodepool-builder', await buildEnvironment());
    rig.start('nodepool-launcher');
    await untilUploaded();

    await round();
    await untilSettled(rig, 240_000);
    await round();
    await untilSettled(rig, 240_000);

    expect(await rig.user.servers()).toEqual([]);
    expect(await rig.user.ports()).toEqual([]);
  });

  it('keeps servers standing by whose host keys are those of the real SSH server on their addresses', async () => {
    rig = await openRig((place) => configurationOf(place, { minReady: 2 }));
    await rig.putImage('ready-made');
    rig.start('nodepool-launcher');
    await untilSettled(rig, 240_000, 2);

    const records = [...(await nodeRecords(rig.cluster.zk)).values()];
    const key = (await readFile(join(rig.cloudDir, 'ssh/ssh_host_ed25519_key.pub'), 'utf8')).split(' ').slice(0, 2);

    expect(records.map(({ host_keys }) => host_keys)).toEqual([
      expect.arrayContaining([key.join(' ')]),
      expect.arrayContaining([key.join(' ')]),
    ]);
    expect(records.every(({ interface_ip }) => String(interface_ip).startsWith('127.77.'))).toBe(true);
  });
});
