import type { BuilderStatus } from '@nodepool/model';
import { describe, expect, it } from 'vitest';
import { aFakeProvider, Harness } from '../testing/harness.js';
import { lastHook } from './build-step.js';

async function statusWhere(harness: Harness, condition: (status: BuilderStatus) => boolean): Promise<BuilderStatus> {
  for (;;) {
    await harness.clock.advance(1_000);
    const [status] = await harness.store.builderStatuses.list();
    if (status !== undefined && condition(status)) return status;
  }
}

describe('the status of a builder', () => {
  it('tells of an upload: how much, how fast, how long', async () => {
    await using harness = await Harness.open({
      providers: [aFakeProvider('cloud-a', ['debian'], { 'image-upload-timeout': 9e6 })],
    });
    const { promise: end, resolve: finish } = Promise.withResolvers<void>();
    harness.onUpload = async (_spec, upload) => {
      await end;
      return upload();
    };
    const builder = await harness.start();

    const busy = await statusWhere(harness, ({ uploads }) => uploads.length === 1);
    finish();
    const idle = await statusWhere(harness, ({ uploads }) => uploads.length === 0);

    const [upload] = busy.uploads;
    expect(busy).toMatchObject({ builderId: builder.state().builderId, hostname: 'builder-1.example.com' });
    expect(upload).toMatchObject({ image: 'debian', provider: 'cloud-a', phase: 'uploading', bytesSent: 0 });
    expect(upload?.secondsLeft).toBeNull();
    expect(idle.builds).toEqual([]);
  });

  it('is written once when nothing happens, and again in a new session', async () => {
    await using harness = await Harness.open({ diskimages: [{ pause: true }] });
    await harness.start();
    await statusWhere(harness, () => true);
    const [path] = (await harness.memory.zk.children('/nodepool/builder-status')).children;
    const before = await harness.memory.zk.get(`/nodepool/builder-status/${path}`);
    await harness.clock.advance(600_000);
    const after = await harness.memory.zk.get(`/nodepool/builder-status/${path}`);
    harness.memory.zk.expire();
    await statusWhere(harness, () => true);

    expect(after.stat.version).toBe(before.stat.version);
    expect(before.stat.version).toBe(0);
  });
});

describe('the step of a build', () => {
  it('is the hook that diskimage-builder has named last', () => {
    const log = [
      'dib-run-parts Running /tmp/dib_build.1/hooks/root.d/10-mini',
      'building something',
      'dib-run-parts Running /tmp/dib_build.1/hooks/pre-finalise.d/50-grub',
      '+ echo done',
    ].join('\n');

    expect(lastHook(log)).toBe('pre-finalise.d/50-grub');
    expect(lastHook('nothing of the kind')).toBeNull();
  });
});
