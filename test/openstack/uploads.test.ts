import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/cluster.js';
import { configurationOf } from './support/configuration.js';
import { writeImageCreate } from './support/image-create.js';
import { closeRig, openRig, type Rig, uploadRecords } from './support/rig.js';
import { full } from './support/scale.js';

const imageMiB = full ? 2048 : 512;

let rig: Rig;

afterEach((test) => closeRig(rig, test));

/** Memory of a process in MiB, now and at its peak. Source: proc(5). */
async function memory(pid: number): Promise<{ readonly now: number; readonly peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const mib = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { now: mib('VmRSS'), peak: mib('VmHWM') };
}

/** Once the test allows it: an image whose space is reserved and not written. */
function largeImage(folder: string): string {
  return `touch ${folder}/waiting
until [ -e ${folder}/begin ]; do sleep 0.2; done
qemu-img create -q -f qcow2 -o preallocation=falloc "$image" ${imageMiB}M`;
}

describe('a builder', () => {
  it(`uploads an image of ${imageMiB} MiB in less than 200 MiB of memory`, async () => {
    rig = await openRig((place) => {
      const diskimage = `{name: built, formats: [qcow2], dib-cmd: ${place.folder}/fake-image-create}`;
      return configurationOf(place, { diskimage });
    });
    await writeImageCreate(rig.cluster.folder, largeImage(rig.cluster.folder));
    const builder = rig.start('nodepool-builder');
    await eventually(
      'a build under way',
      async () => (existsSync(join(rig.cluster.folder, 'waiting')) ? undefined : 'none yet'),
      240_000,
    );
    const idle = await memory(builder.pid);
    await writeFile(join(rig.cluster.folder, 'begin'), '');

    await eventually(
      'the upload',
      async () => {
        const states = (await uploadRecords(rig.cluster.zk)).map(({ state }) => String(state));
        return states.includes('ready') ? undefined : states.join(', ');
      },
      300_000,
    );

    const { peak } = await memory(builder.pid);
    expect(idle.now).toBeGreaterThan(20);
    expect(peak - idle.now).toBeLessThan(200);
  });
});
