import { aConfig, aDiskimage } from '@nodepool/config/testing';
import { aBuild, anUpload } from '@nodepool/model/testing';
import { noMetrics } from '@nodepool/runtime';
import { FakeClock, recordLog, seededRandom } from '@nodepool/runtime/testing';
import type { ImageCache, ImageStore } from '@nodepool/store';
import { openMemoryStore } from '@nodepool/store/memory';
import { describe, expect, it } from 'vitest';
import type { BuilderContext } from '../context.js';
import { HistoryWriter } from '../history.js';
import { Jobs } from '../jobs.js';
import { aProvider } from '../testing/fixtures.js';
import { TestConfig } from '../testing/harness.js';
import { RetentionExecutor } from './execute.js';
import { retentionMetrics } from './metrics.js';

/** Three builds, the later the newer, each with a ready upload; the cache stays as it was then. */
async function threeBuilds() {
  const clock = new FakeClock();
  const { store } = openMemoryStore({ clock, random: seededRandom(1) });
  const { images } = store;
  for (const number of [1, 2, 3]) {
    await clock.advance(1_000);
    await addBuild(images, `b${number}`);
  }
  const builds = await images.builds('debian');
  const uploads = await images.uploads('debian');
  const stale = { builds: () => builds, uploads: () => uploads } as Partial<ImageCache> as ImageCache;
  const log = recordLog();
  const jobs = { builds: new Jobs(log, () => undefined) } as Partial<BuilderContext['jobs']> as BuilderContext['jobs'];
  const config = new TestConfig(aConfig({ diskimages: [aDiskimage()], providers: [aProvider('cloud-a', ['debian'])] }));
  const history = new HistoryWriter(store.imageHistory, 'builder-1.example.com', clock, log);
  const context = { store, cache: stale, log, jobs, config, history } as Partial<BuilderContext> as BuilderContext;
  return { images, executor: new RetentionExecutor(context, retentionMetrics(noMetrics), () => undefined) };
}

async function addBuild(images: ImageStore, id: string): Promise<void> {
  const lock = await images.lockImage('debian');
  if (lock === undefined) throw new Error('the image is locked');
  await images.createBuild(aBuild({ id }), lock);
  await lock.release();
  const place = { image: 'debian', buildId: id, provider: 'cloud-a' };
  const uploadLock = await images.lockUploads(place);
  if (uploadLock === undefined) throw new Error('the uploads are locked');
  await images.createUpload(anUpload({ buildId: id }), uploadLock);
  await uploadLock.release();
}

const keyOf = (buildId: string) => ({ image: 'debian', buildId, provider: 'cloud-a', uploadId: '0000000001' });
const markUpload = (buildId: string) =>
  ({ kind: 'mark-upload', key: keyOf(buildId), state: 'ready', why: 'newer ones are ready' }) as const;

describe('an upload', () => {
  it('goes when two newer ones are ready', async () => {
    const { images, executor } = await threeBuilds();

    await executor.execute(markUpload('b1'));

    expect((await images.upload(keyOf('b1')))?.record.state).toBe('deleting');
  });

  it('stays when an operator has given up a newer one since the decision', async () => {
    const { images, executor } = await threeBuilds();
    await images.markUploadDeleting(keyOf('b3'));

    await expect(executor.execute(markUpload('b1'))).rejects.toMatchObject({ code: 'NP_PROTECTED' });

    expect((await images.upload(keyOf('b1')))?.record.state).toBe('ready');
  });

  it('stays when an operator has given up a newer build since the decision', async () => {
    const { images, executor } = await threeBuilds();
    await images.markBuildDeleting({ image: 'debian', buildId: 'b2' });

    await expect(executor.execute(markUpload('b1'))).rejects.toMatchObject({ code: 'NP_PROTECTED' });
  });

  it('that has changed since the decision is passed over', async () => {
    const { images, executor } = await threeBuilds();

    await executor.execute({ ...markUpload('b3'), state: 'failed' });

    expect((await images.upload(keyOf('b3')))?.record.state).toBe('ready');
  });
});

describe('a build', () => {
  const markBuild = (buildId: string) =>
    ({ kind: 'mark-build', key: { image: 'debian', buildId }, state: 'ready', why: 'newer ones are ready' }) as const;

  it('goes when its uploads are being deleted and two newer builds are ready', async () => {
    const { images, executor } = await threeBuilds();
    await images.markUploadDeleting(keyOf('b1'));

    await executor.execute(markBuild('b1'));

    expect((await images.build(keyOf('b1')))?.record.state).toBe('deleting');
  });

  it('stays while an upload is in use, whatever was decided', async () => {
    const { images, executor } = await threeBuilds();

    await executor.execute(markBuild('b1'));

    expect((await images.build(keyOf('b1')))?.record.state).toBe('ready');
  });

  it('stays when it has become one of the two newest', async () => {
    const { images, executor } = await threeBuilds();
    await images.markUploadDeleting(keyOf('b1'));
    await images.markBuildDeleting({ image: 'debian', buildId: 'b3' });

    await expect(executor.execute(markBuild('b1'))).rejects.toMatchObject({ code: 'NP_PROTECTED' });
  });
});

it('files stay while an upload is recorded', async () => {
  const { executor } = await threeBuilds();

  await expect(
    executor.execute({ kind: 'remove-files', key: { image: 'debian', buildId: 'b1' }, why: 'no record' }),
  ).rejects.toMatchObject({ code: 'NP_PROTECTED' });
});
