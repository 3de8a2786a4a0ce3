import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/cluster.js';
import type { Served } from '../support/zuul.js';
import { configurationOf } from './support/configuration.js';
import { smallImage, writeImageCreate } from './support/image-create.js';
import { closeRig, openRig, type Rig, untilSettled, uploadRecords } from './support/rig.js';
import { full } from './support/scale.js';

const outageSec = full ? 60 : 15;
/** Two minutes on a machine of its own; CI says only that it comes about. */
const convergenceMs = full ? 120_000 : 300_000;
const clients = full ? 6 : 3;

let rig: Rig;

afterEach((test) => closeRig(rig, test));

/** A diskimage that is there after half a second, of a few mebibytes, so that the builder has something to upload. */
const diskimage = `
  {name: built, formats: [qcow2], dib-cmd: FOLDER/fake-image-create, rebuild-age: 20}`;

interface Load extends Disposable {
  readonly served: Served[];
  /** Resolves when the requests that are under way have come to their end. */
  stop(): Promise<void>;
}

/** Jobs one after the other by several clients, as long as it is not stopped. */
function startLoad(): Load {
  const served: Served[] = [];
  const stop = new AbortController();
  const end = new AbortController();
  const one = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      served.push(await rig.serve('small', { signal: AbortSignal.any([end.signal, AbortSignal.timeout(600_000)]) }));
    }
  };
  const running = Promise.all(Array.from({ length: clients }, one));
  // When the test fails for another reason, nobody awaits it.
  running.catch(() => undefined);
  return {
    served,
    stop: async () => {
      stop.abort();
      await running;
    },
    [Symbol.dispose]: () => {
      stop.abort();
      end.abort();
    },
  };
}

const untilServed = (load: Load, count: number, timeoutMs: number): Promise<void> =>
  eventually(
    `${count} requests served`,
    async () => (load.served.length >= count ? undefined : `${load.served.length} are`),
    timeoutMs,
  );

async function untilUploads(count: number, timeoutMs: number): Promise<void> {
  await eventually(
    `${count} ready uploads`,
    async () => {
      const states = (await uploadRecords(rig.cluster.zk)).map(({ state }) => String(state));
      return states.filter((state) => state === 'ready').length >= count ? undefined : states.join(', ');
    },
    timeoutMs,
  );
}

/** A service is silent while it is paused, and refuses connections while it is stopped. */
const outages = {
  silent: { begin: 'pause', end: 'resume' },
  gone: { begin: 'stop', end: 'start' },
} as const;

type Outage = readonly [service: string, kind: keyof typeof outages];

/** Outages that overlap. */
const rounds: readonly (readonly Outage[])[] = full
  ? ['keystone', 'glance', 'nova-api', 'neutron'].flatMap((service) => [
      [[service, 'silent'] as const],
      [[service, 'gone'] as const],
    ])
  : [
      [
        ['keystone', 'gone'],
        ['glance', 'silent'],
      ],
      [
        ['nova-api', 'silent'],
        ['neutron', 'gone'],
      ],
    ];

/** Resolves when all are back. */
async function interrupt(services: readonly Outage[]): Promise<void> {
  for (const [service, kind] of services) await rig.testcloud(outages[kind].begin, service);
  await delay(outageSec * 1_000);
  for (const [service, kind] of services) await rig.testcloud(outages[kind].end, service);
}

describe(`services that are away for ${outageSec} s under load`, () => {
  it('leave nothing behind, and service goes on when they are back', {
    timeout: full ? 3_600_000 : 1_200_000,
  }, async () => {
    rig = await openRig((place) => configurationOf(place, { diskimage: diskimage.replace('FOLDER', place.folder) }));
    await writeImageCreate(rig.cluster.folder, smallImage);
    await rig.putImage('ready-made');
    rig.start('nodepool-launcher');
    rig.start('nodepool-builder');
    using load = startLoad();
    await untilServed(load, 1, 240_000);
    await untilUploads(1, 240_000);

    for (const services of rounds) {
      await interrupt(services);
      await untilServed(load, load.served.length + clients, convergenceMs);
    }
    await load.stop();
    await untilUploads(2, convergenceMs);
    await untilSettled(rig, convergenceMs);

    expect(load.served.flatMap(({ problems }) => problems)).toEqual([]);
    const nodes = load.served.flatMap((served) => served.nodes);
    expect(new Set(nodes).size).toBe(nodes.length);
  });
});
