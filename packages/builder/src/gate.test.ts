import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { type ImageGate, ProviderError } from '@nodepool/driver-api';
import type { Node } from '@nodepool/model';
import { type Clock, systemClock } from '@nodepool/runtime';
import { describe, expect, it } from 'vitest';
import type { MachineAccess } from './gate/types.js';
import { aFakeProvider, Harness, type HarnessOptions, HurriedClock } from './testing/harness.js';

const gate: ImageGate = {
  label: undefined,
  pool: undefined,
  timeoutMs: 60_000,
  attempts: 1,
  command: undefined,
  sshKey: undefined,
  username: undefined,
  script: undefined,
  commandTimeoutMs: 60_000,
  webhook: undefined,
};

const pools = [{ name: 'main', labels: [{ name: 'small', diskimage: 'debian', 'flavor-name': 'any' }] }];

const cloud = (fake: object = {}, more: object = {}) =>
  aFakeProvider('cloud-a', ['debian'], { 'image-upload-timeout': 90_000, pools, fake, ...more });

const answering: MachineAccess = {
  hostCheck: { run: async () => ['ssh-rsa FAKEKEY'] },
  runSshCommand: async () => 0,
};

function open(validate: Partial<ImageGate>, more: HarnessOptions = {}, clock: Clock = hurried()): Promise<Harness> {
  return Harness.open({ diskimages: [{ validate: { ...gate, ...validate } }], providers: [cloud()], ...more }, clock);
}

const hurried = (): Clock => new HurriedClock(1_795_362_184_000);

const states = (harness: Harness): readonly string[] => harness.uploads().map(({ state }) => state);

const nodes = async (harness: Harness): Promise<readonly Node[]> =>
  (await harness.store.nodes.list()).nodes.map(({ record }) => record);

describe('an upload with a gate', () => {
  it('is used once a machine booted from it has answered, and the machine is gone', async () => {
    await using harness = await open({});
    await harness.start({ machines: answering });
    await harness.until(() => states(harness).includes('ready'));

    expect(harness.logged('validated image')).toBe(1);
    expect(await nodes(harness)).toEqual([]);
    expect(await harness.cloudInstances(cloud())).toEqual([]);
    const history = await harness.store.imageHistory.list('debian');
    expect(history.map(({ kind }) => kind)).toContain('gate-passed');
  });

  it('says `uploading` while its machine runs, whose record counts and is held by the builder', async () => {
    await using harness = await open({});
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const { promise: answer, resolve: goOn } = Promise.withResolvers<void>();
    const run = async (): Promise<readonly string[]> => {
      ask();
      await answer;
      return [];
    };
    const builder = await harness.start({ machines: { ...answering, hostCheck: { run } } });
    await asked;

    const [node] = await nodes(harness);
    const [instance] = await harness.cloudInstances(cloud());
    expect(states(harness)).toEqual(['uploading']);
    expect(builder.state().uploads).toMatchObject([{ phase: 'validating' }]);
    expect(node).toMatchObject({
      state: 'building',
      type: ['small'],
      provider: 'cloud-a',
      pool: 'main',
      allocatedTo: null,
      interfaceIp: 'fake',
      resources: { cores: 4, instances: 1, ram: 8192 },
      imageId: expect.stringMatching(/^\/nodepool\/images\/debian\/builds\/.*\/providers\/cloud-a\/images\/\d+$/),
    });
    expect(await harness.store.nodes.isLocked(node?.id ?? '')).toBe(true);
    expect(instance).toBe(node?.id);
    goOn();
    await harness.until(() => states(harness).includes('ready'));
  });

  it('fails with the reason and the console when nothing answers; the image before stays in use', async () => {
    await using harness = await open({});
    let answers = true;
    const run = async (): Promise<readonly string[]> => {
      if (answers) return [];
      throw Object.assign(new Error('checking fake port 22'), { code: 'NP_HOST_UNREACHABLE' });
    };
    await harness.start({ machines: { ...answering, hostCheck: { run } } });
    await harness.until(() => states(harness).includes('ready'));
    const [good] = harness.uploads();
    answers = false;
    harness.clock.jump(1_000);
    await harness.store.images.requestBuild('debian');
    await harness.until(() => harness.logged('upload failed') === 1);

    const failed = harness.uploads().find(({ state }) => state === 'failed');
    expect(failed?.failureReason).toBe('the machine did not answer within 60 s (attempts: 1)');
    expect(failed?.buildId).not.toBe(good?.buildId);
    expect(harness.cache.currentUpload('debian', 'cloud-a')?.record).toEqual(good);
    const logName = `debian-${failed?.buildId}.cloud-a.${failed?.id}.gate.log`;
    expect(await readFile(join(harness.logDir, logName), 'utf8')).toContain('Linux version 0.0.0-fake');
    expect(await nodes(harness)).toEqual([]);
    expect(await harness.cloudInstances(cloud())).toEqual([]);
    expect(await harness.cloudImages(cloud())).toEqual([good?.externalId]);
    const history = await harness.store.imageHistory.list('debian');
    expect(history.find(({ kind }) => kind === 'gate-refused')).toMatchObject({
      buildId: failed?.buildId,
      provider: 'cloud-a',
      by: 'builder-1.example.com',
      text: failed?.failureReason,
    });
  });

  it('is not sent again for half an hour once it was refused, unless the configuration changes', async () => {
    await using harness = await open({}, { providers: [cloud({ 'boot-failure': 1 })] });
    await harness.start({ machines: answering });
    await harness.until(() => harness.logged('upload failed') === 1);
    await harness.clock.advance(1_500_000);
    const afterAWhile = harness.logged('started upload');

    harness.config.set(
      harness.configOf({ diskimages: [{ validate: { ...gate, attempts: 3 } }], providers: [cloud()] }),
    );
    await harness.until(() => states(harness).includes('ready'));

    expect(afterAWhile).toBe(1);
  });

  it('gets as many machines as configured, one after the other, with a pause between them', async () => {
    await using harness = await open({ attempts: 2 }, { providers: [cloud({ 'boot-failure': 1 })] });
    const atOnce: number[] = [];
    harness.onLaunch = async (_spec, launch) => {
      const ticket = await launch();
      atOnce.push((await harness.cloudInstances(cloud())).length);
      return ticket;
    };
    await harness.start({ machines: answering });
    await harness.until(() => harness.logged('machine spoke against the image') === 1);
    await harness.clock.advance(5_000);
    const early = [...atOnce];
    await harness.clock.advance(10_000);
    await harness.until(() => harness.logged('upload failed') === 1);

    expect(early).toEqual([1]);
    expect(atOnce).toEqual([1, 1]);
    expect(harness.uploads()[0]?.failureReason).toContain('(attempts: 2)');
  });

  it('waits while the cloud has no room, which is no attempt', async () => {
    await using harness = await open({});
    let launches = 0;
    harness.onLaunch = (_spec, launch) => {
      launches += 1;
      return launches < 3 ? Promise.reject(new ProviderError('quota', 'no instances left')) : launch();
    };
    await harness.start({ machines: answering });
    await harness.until(() => harness.logged('had no machine to validate the image') === 1);
    const waiting = await nodes(harness);
    await harness.clock.advance(60_000);
    await harness.until(() => states(harness).includes('ready'));

    expect(waiting).toEqual([]);
    expect(launches).toBe(3);
  });

  it('is refused when the machine answers to nobody in time', async () => {
    await using harness = await open({ timeoutMs: 30_000 }, { providers: [cloud({ 'boot-ms': 9e9 })] });
    const { promise: launched, resolve } = Promise.withResolvers<void>();
    harness.onLaunch = async (_spec, launch) => {
      const ticket = await launch();
      resolve();
      return ticket;
    };
    await harness.start({ machines: answering });
    await launched;
    await harness.clock.advance(31_000);
    await harness.until(() => harness.logged('upload failed') === 1);

    expect(harness.uploads()[0]?.failureReason).toBe('the machine did not answer within 30 s (attempts: 1)');
    expect(await harness.cloudInstances(cloud())).toEqual([]);
  });

  it('is refused when the command on the machine does not exit with 0', async () => {
    await using harness = await open({ command: 'test -e /etc/os-release', sshKey: '/etc/gate' });
    const asked: unknown[] = [];
    const runSshCommand: MachineAccess['runSshCommand'] = async ({ onOutput, ...command }) => {
      asked.push(command);
      onOutput(Buffer.from('no such file\n'));
      return 1;
    };
    await harness.start({ machines: { ...answering, runSshCommand } });
    await harness.until(() => harness.logged('upload failed') === 1);

    const [failed] = harness.uploads();
    expect(asked).toEqual([
      {
        host: 'fake',
        port: 22,
        username: 'zuul',
        keyFile: '/etc/gate',
        hostKeys: ['ssh-rsa FAKEKEY'],
        command: 'test -e /etc/os-release',
      },
    ]);
    expect(failed?.failureReason).toBe('the command exited with 1 (attempts: 1)');
    const [logName] = (await readdir(harness.logDir)).filter((name) => name.endsWith('.gate.log'));
    expect(await readFile(join(harness.logDir, logName ?? ''), 'utf8')).toContain('no such file');
  });

  it('runs a script beside the builder, told where the machine is', async () => {
    await using harness = await open({}, {}, systemClock);
    const script = join(harness.dir, 'check');
    await writeFile(script, '#!/bin/sh\necho "asked $NODEPOOL_HOST:$NODEPOOL_PORT of $NODEPOOL_PROVIDER"\nexit 3\n');
    await chmod(script, 0o755);
    harness.config.set(harness.configOf({ diskimages: [{ validate: { ...gate, script } }], providers: [cloud()] }));
    await harness.start({ machines: answering });
    await harness.until(() => harness.logged('upload failed') === 1);

    const [failed] = harness.uploads();
    expect(failed?.failureReason).toBe('the script exited with 3 (attempts: 1)');
    const logName = `debian-${failed?.buildId}.cloud-a.${failed?.id}.gate.log`;
    expect(await readFile(join(harness.logDir, logName), 'utf8')).toContain('asked fake:22 of cloud-a');
  });

  it('is not used when the provider lacks the label that the gate names', async () => {
    await using harness = await open({ label: 'large' });
    await harness.start({ machines: answering });
    await harness.until(() => harness.logged('upload failed') === 1);

    expect(harness.uploads()).toMatchObject([{ state: 'failed', failureReason: 'no pool offers the label large' }]);
  });

  it('needs no machine where the entry of the provider says so, or no label boots it', async () => {
    const entry = { diskimages: [{ name: 'debian', validate: false }] };
    await using undone = await open({}, { providers: [cloud({ 'boot-failure': 1 }, entry)] });
    await using unused = await open({}, { providers: [cloud({ 'boot-failure': 1 }, { pools: [] })] });
    await undone.start({ machines: answering });
    await unused.start({ machines: answering });

    await undone.until(() => states(undone).includes('ready'));
    await unused.until(() => states(unused).includes('ready'));

    expect(undone.logged('used image without validating it')).toBe(0);
    expect(unused.logged('used image without validating it')).toBe(1);
  });

  it('never becomes ready when its build is deleted meanwhile', async () => {
    await using harness = await open({});
    const run = async (): Promise<readonly string[]> => {
      const [build] = harness.builds();
      await harness.store.images.markBuildDeleting({ image: 'debian', buildId: build?.id ?? '' });
      return [];
    };
    const seen = new Set<string>();
    using _watching = harness.cache.onChange(() => states(harness).forEach((state) => void seen.add(state)));
    await harness.start({ machines: { ...answering, hostCheck: { run } }, buildWorkers: 1 });
    await harness.until(() => harness.logged('upload failed') === 1);

    expect(seen.has('ready')).toBe(false);
    expect(await harness.cloudImages(cloud())).toEqual([]);
  });

  it('leaves no machine to anybody but the launchers when the builder stops', async () => {
    await using harness = await open({}, { providers: [cloud({ 'boot-ms': 9e9 })] }, systemClock);
    const { promise: launched, resolve } = Promise.withResolvers<void>();
    harness.onLaunch = async (_spec, launch) => {
      const ticket = await launch();
      resolve();
      return ticket;
    };
    const builder = await harness.start({ machines: answering });
    await launched;

    await builder.stop({ graceful: true });

    expect(await nodes(harness)).toEqual([]);
    expect(await harness.cloudInstances(cloud())).toEqual([]);
  });

  it('tells a webhook why it was refused', async () => {
    const told: unknown[] = [];
    const { server, url } = await listen(told);
    await using harness = await open({ webhook: `${url}/hook/secret` }, { providers: [cloud({ 'boot-failure': 1 })] });
    await harness.start({ machines: answering });
    await harness.until(() => harness.logged('upload failed') === 1);
    server.close();

    const [failed] = harness.uploads();
    expect(told).toMatchObject([
      {
        event: 'image-refused',
        image: 'debian',
        provider: 'cloud-a',
        upload: failed?.id,
        reason: failed?.failureReason,
      },
    ]);
    expect(JSON.stringify(harness.lines)).not.toContain('secret');
  });
});

async function listen(told: unknown[]): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      told.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, url: `http://127.0.0.1:${address.port}` };
}
