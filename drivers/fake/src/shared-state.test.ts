import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  CallContext,
  CheckContext,
  ImageUploadSpec,
  LaunchImage,
  LaunchSpec,
  Provider,
} from '@nodepool/driver-api';
import { tagKeys } from '@nodepool/driver-api';
import { silentLogger, systemClock } from '@nodepool/runtime';
import { FakeClock, seededRandom, settle } from '@nodepool/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from './config.js';
import { fake } from './index.js';

const ctx: CallContext = { signal: new AbortController().signal, log: silentLogger };
const checkCtx: CheckContext = { ...ctx, instances: async () => new Map() };

let directory: string;
let processes = 0;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nodepool-fake-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

function configure(section: object = {}) {
  return configSchema.parse({
    driver: 'fake',
    name: 'cloud-a',
    'cloud-images': [{ name: 'debian' }],
    pools: [{ name: 'main', labels: [{ name: 'small', 'cloud-image': 'debian', 'min-ram': 1024 }] }],
    fake: { ...section, 'state-dir': join(directory, 'cloud') },
  });
}

/** What another process that names the same directory would see. */
async function aProcess(section: object = {}, clock = new FakeClock()): Promise<Provider> {
  processes += 1;
  const make = await fake.load();
  return make(configure(section), { clock, random: seededRandom(processes), log: silentLogger });
}

function specOf(nodeId: string, image?: LaunchImage): LaunchSpec {
  const config = configure();
  const [pool] = config.pools;
  const label = pool?.labels[0];
  const [cloudImage] = config.cloudImages;
  if (pool === undefined || label === undefined || cloudImage === undefined)
    throw new Error('incomplete configuration');
  return {
    nodeId,
    hostname: `np${nodeId}`,
    pool,
    label,
    image: image ?? { kind: 'cloud-image', config: cloudImage },
    az: undefined,
    tags: { [tagKeys.nodeId]: nodeId, [tagKeys.providerName]: config.name },
  };
}

async function ids(provider: Provider): Promise<readonly unknown[]> {
  return (await provider.listInstances(ctx)).map(({ externalId }) => externalId);
}

describe('a cloud in a directory', () => {
  it('is the same for every process, whoever came first', async () => {
    const early = await aProcess();
    expect(await ids(early)).toEqual([]);
    const { externalId } = await (await aProcess()).launch(specOf('1'), ctx);
    const late = await aProcess();

    expect(await ids(early)).toEqual([externalId]);
    expect(await ids(late)).toEqual([externalId]);
  });

  it('shows changes that follow each other within one tick of the file system', async () => {
    const [left, right] = [await aProcess({}, new FakeClock(systemClock.now())), await aProcess()];
    const seen: number[] = [];

    for (let node = 0; node < 50; node += 1) {
      await right.launch(specOf(String(node)), ctx);
      seen.push((await ids(left)).length);
    }

    expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });

  it('finds what a killed launcher had asked for, by its node', async () => {
    const killed = await aProcess({ 'launch-ms': 1000 });
    killed.launch(specOf('1'), ctx).catch(() => undefined);
    const restarted = await aProcess();
    const [left] = await ids(restarted);

    const ticket = await restarted.launch(specOf('1'), ctx);

    expect(ticket.externalId).toBe(left);
    expect(await restarted.checkLaunch(ticket, checkCtx)).toMatchObject({ state: 'running' });
  });

  it('keeps the fate of an instance that was decided at its launch', async () => {
    const ticket = await (await aProcess({ 'boot-failure': 1 })).launch(specOf('1'), ctx);

    const check = (await aProcess()).checkLaunch(ticket, checkCtx);

    await expect(check).rejects.toMatchObject({ code: 'launch-failed' });
  });

  it('ends a deletion that another process began', async () => {
    const clock = new FakeClock();
    const [left, right] = [await aProcess({ 'delete-ms': 500 }, clock), await aProcess({}, clock)];
    const { externalId } = await left.launch(specOf('1'), ctx);
    await left.terminate(externalId ?? '', ctx);
    expect((await right.listInstances(ctx)).map(({ status }) => status)).toEqual(['DELETING']);

    await clock.advance(500);

    await expect(right.terminate(externalId ?? '', ctx)).rejects.toMatchObject({ code: 'not-found' });
    expect(await ids(left)).toEqual([]);
    expect(await readdir(join(directory, 'cloud', 'instances'))).toEqual([]);
  });

  it('counts the instances of all processes against its quota', async () => {
    const quota = { quota: { instances: 1 } };
    const [left, right] = [await aProcess(quota), await aProcess(quota)];
    await left.launch(specOf('1'), ctx);

    await expect(right.launch(specOf('2'), ctx)).rejects.toMatchObject({ code: 'quota' });
  });

  it('launches only from images that exist', async () => {
    const builder = await aProcess();
    const launcher = await aProcess();
    const file = join(directory, 'image.qcow2');
    await writeFile(file, 'an image');
    const config = {
      name: 'debian',
      pause: false,
      meta: {},
      configDrive: undefined,
      connectionType: 'ssh',
      connectionPort: 22,
    };
    const upload: ImageUploadSpec = {
      imageName: 'debian',
      externalName: 'debian-1',
      path: file,
      format: 'qcow2',
      md5: undefined,
      sha256: undefined,
      meta: { [tagKeys.uploadId]: '0000000001' },
      config,
    };
    const externalId = (await builder.images?.upload(upload, ctx))?.externalId ?? '';
    const image: LaunchImage = { kind: 'diskimage', externalId, config, username: null };

    await expect(launcher.launch(specOf('1', image), ctx)).resolves.toMatchObject({ data: null });
    await builder.images?.remove(externalId, ctx);

    await expect(launcher.launch(specOf('2', image), ctx)).rejects.toMatchObject({ code: 'launch-failed' });
  });

  it('leaves the image of a killed builder behind, and takes away that of a failed upload', async () => {
    const clock = new FakeClock();
    const file = join(directory, 'image.qcow2');
    await writeFile(file, 'an image');
    const upload = { externalName: 'x', path: file, format: 'qcow2', meta: { [tagKeys.uploadId]: '1' } };
    const slow = await aProcess({ 'upload-ms': 1000, 'upload-failure': 1 }, clock);
    const failing = slow.images?.upload(upload as never, ctx).catch((error: unknown) => error);
    const other = await aProcess();
    while (clock.sleeping === 0) await settle();

    expect(await other.images?.list(ctx)).toHaveLength(1);
    await clock.advance(1000);

    expect(await failing).toMatchObject({ code: 'transient' });
    expect(await other.images?.list(ctx)).toEqual([]);
  });

  it('passes over files that are not its own', async () => {
    const provider = await aProcess();
    const folder = join(directory, 'cloud', 'instances');
    await writeFile(join(folder, 'README'), 'hello');
    await writeFile(join(folder, `${'0'.repeat(32)}.json`), '{"half":');

    expect(await ids(provider)).toEqual([]);
  });

  it('says which directory it cannot use', async () => {
    const provider = await aProcess();
    await rm(join(directory, 'cloud'), { recursive: true });

    await expect(provider.listInstances(ctx)).rejects.toMatchObject({
      code: 'transient',
      message: expect.stringContaining(join(directory, 'cloud', 'instances')),
    });
  });
});
