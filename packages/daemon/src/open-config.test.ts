import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, recordLog, settle } from '@nodepool/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openConfig } from './open-config.js';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nodepool-config-'));
  path = join(directory, 'nodepool.yaml');
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

const fileWith = (minReady: number | string): Promise<void> =>
  writeFile(
    path,
    `zookeeper-servers: [{host: 127.0.0.1}]
labels: [{name: small, min-ready: ${minReady}}]
providers: [{name: trial, driver: "%(NODEPOOL_KIND)"}]
`,
  );

function open(clock = new FakeClock(), log = recordLog()) {
  return openConfig({ path, securePath: undefined, env: { NODEPOOL_KIND: 'fake' }, clock, log });
}

describe('the configuration of a daemon', () => {
  it('is read with the drivers there are and with the environment', async () => {
    await fileWith(1);

    await using config = await open();

    expect(config.current().providers.get('trial')).toMatchObject({ driver: 'fake', cloud: 'fake' });
  });

  it('tells everybody who listens of a change, with what was before', async () => {
    await fileWith(1);
    const clock = new FakeClock();
    await using config = await open(clock);
    const { promise: changed, resolve } = Promise.withResolvers<readonly (number | undefined)[]>();
    const minReady = (of: ReturnType<typeof config.current>): number | undefined => of.labels.get('small')?.minReady;
    config
      .onChange(() => {
        throw new Error('a listener that has left was called');
      })
      [Symbol.dispose]();
    config.onChange((now, before) => resolve([minReady(before), minReady(now), minReady(config.current())]));

    await fileWith(2);
    await untilDone(changed, clock, config.check);

    expect(await changed).toEqual([1, 2, 2]);
  });

  it('refuses to start with errors', async () => {
    await fileWith('many');

    await expect(open()).rejects.toMatchObject({ code: 'NP_CONFIG_INVALID' });
  });
});

/** Lets the watch look, wait for the file to come to rest, and read, in turns of the event loop and fake time. */
async function untilDone(work: Promise<unknown>, clock: FakeClock, check: () => void): Promise<void> {
  let isDone = false;
  const done = work.then(() => {
    isDone = true;
  });
  while (!isDone) {
    check();
    await clock.advance(1000);
    await settle();
  }
  await done;
}
