import { execFile, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '@nodepool/runtime';
import { describe, expect, it, vi } from 'vitest';
import { writeRunningFile } from './build-process/running-file.js';
import { aFakeProvider, fakeDib, Harness, type HarnessOptions } from './testing/harness.js';
import { processesWith } from './testing/processes.js';

const run = promisify(execFile);

/** A builder that has one good image in use and is then made to build again under `circumstances`. */
async function buildAgain(
  circumstances: HarnessOptions,
  prepare?: (harness: Harness) => Promise<void>,
): Promise<Harness> {
  const harness = await Harness.open({}, systemClock);
  await prepare?.(harness);
  await harness.start({ killGraceMs: 500 });
  await harness.until(() => harness.uploads().some(({ state }) => state === 'ready'));
  harness.config.set(harness.configOf(circumstances));
  await harness.store.images.requestBuild('debian');
  return harness;
}

/** What must hold after every failure of a build. */
async function expectFailure(harness: Harness, reason: string): Promise<void> {
  await harness.until(() => harness.logged('build failed') > 0);
  const failed = harness.builds().find(({ state }) => state === 'failed');
  const good = harness.builds().find(({ state }) => state === 'ready');
  expect(failed).toMatchObject({ formats: [] });
  expect(harness.cache.currentUpload('debian', 'cloud-a')?.record.buildId).toBe(good?.id);
  const names = (await readdir(harness.imagesDir)).filter((name) => name.startsWith('debian'));
  expect(names.filter((name) => !name.includes(good?.id ?? ''))).toEqual([]);
  expect(names).toContain(`debian-${good?.id}.qcow2`);
  expect(await processesWith(harness.imagesDir)).toEqual([]);
  expect(harness.lines.find(({ message }) => message === 'build failed')?.fields['reason']).toContain(reason);
  const log = await readFile(join(harness.logDir, `debian-${failed?.id}.log`), 'utf8').catch(() => '');
  expect(log).toContain('nodepool: build failed: ');
}

describe('the image in use stays, and nothing is left, when a build', () => {
  it('exits with 1', async () => {
    await using harness = await buildAgain({ diskimages: [{ envVars: { FAKE_DIB: 'fail' } }] });

    await expectFailure(harness, 'the command exited with 1');
  });

  it('hangs past its timeout', async () => {
    const hanging = { buildTimeoutSec: 1, envVars: { FAKE_DIB: 'hang' } };
    await using harness = await buildAgain({ diskimages: [hanging] });

    await expectFailure(harness, 'timed out after 1 seconds; its processes were ended');
  });

  it('cannot be started because disk-image-create is missing', async () => {
    await using harness = await buildAgain({ diskimages: [{ dibCmd: '/nonexistent/disk-image-create' }] });

    await expectFailure(
      harness,
      'was not found; install it, on Debian with: apt-get install python3-diskimage-builder',
    );
  });

  it('is refused for want of space', async () => {
    await using harness = await Harness.open({ imagesDirMinFreeMiB: 2 ** 40 }, systemClock);
    await harness.start();
    await harness.until(() => harness.logged('build failed') > 0);

    expect(harness.builds()).toMatchObject([{ state: 'failed' }]);
    const log = await readFile(join(harness.logDir, `debian-${harness.builds()[0]?.id}.log`), 'utf8');
    expect(log).toMatch(
      /not enough space in images-dir .*: \d+ MiB free, 1099511627776 MiB needed \(images-dir-min-free\)/,
    );
  });

  it.runIf(process.getuid?.() === 0)('fills the disk (needs root, to mount a small one)', async () => {
    const filling = { dibCmd: `/bin/sh -c 'exec dd if=/dev/zero of="$DIB_IMAGE_FILENAME.qcow2" bs=64k'` };
    await using harness = await buildAgain({ diskimages: [filling] }, async (opened) => {
      await mkdir(opened.imagesDir);
      await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'nodepool-test', opened.imagesDir]);
      opened.defer(() => run('umount', [opened.imagesDir]));
    });

    await expectFailure(harness, 'no space left on device');
  });
});

it.runIf(process.getuid?.() === 0)(
  'a builder starts on a full disk: it is the one that makes room (needs root, to mount one)',
  async () => {
    await using harness = await Harness.open({ diskimages: [] }, systemClock);
    await mkdir(harness.imagesDir);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'nodepool-test', harness.imagesDir]);
    harness.defer(() => run('umount', [harness.imagesDir]));
    const left = join(harness.imagesDir, `debian-${'a'.repeat(32)}.raw`);
    await writeFile(join(harness.imagesDir, 'builder_id.txt'), '5357351b-7ef5-41db-84e2-3f94b17efc7a');
    await run('dd', ['if=/dev/zero', `of=${left}`, 'bs=1k']).catch(() => undefined);

    const builder = await harness.start();

    expect(builder.state().builderId).toBe('5357351b-7ef5-41db-84e2-3f94b17efc7a');
  },
);

describe('processes of a build', () => {
  it('are ended when the builder is told to stop at once', async () => {
    await using harness = await Harness.open({ diskimages: [{ envVars: { FAKE_DIB: 'hang' } }] }, systemClock);
    const builder = await harness.start({ killGraceMs: 500 });
    await harness.until(() => harness.logged('started build') === 1);

    await builder.stop({ graceful: false });

    expect(await processesWith(harness.imagesDir)).toEqual([]);
    expect(harness.builds()).toMatchObject([{ state: 'failed' }]);
  });

  it('are ended when the session is lost, and the image is built anew', async () => {
    await using harness = await Harness.open({ diskimages: [{ envVars: { FAKE_DIB: 'hang' } }] }, systemClock);
    await harness.start({ killGraceMs: 500 });
    await harness.until(() => harness.logged('started build') === 1);

    harness.memory.zk.expire();
    await harness.until(() => harness.logged('build failed') === 1);
    const left = await processesWith(harness.imagesDir);
    harness.config.set(harness.configOf({}));
    await harness.until(() => harness.builds().length === 1 && harness.builds()[0]?.state === 'ready');

    expect(left).toEqual([]);
  });

  it('and of a hook are ended with a builder that has no time left', async () => {
    await using harness = await Harness.open({}, systemClock);
    const hook = join(harness.dir, 'hook');
    await writeFile(hook, `#!/bin/sh\n: > ${harness.dir}/begun\nexec sleep 600\n`, { mode: 0o755 });
    const more = { 'post-upload-hook': hook };
    harness.config.set(harness.configOf({ providers: [aFakeProvider('cloud-a', ['debian'], more)] }));
    const builder = await harness.start();
    await harness.until(() => harness.logged('started upload') === 1);
    const output = `${harness.imagesDir}/.running`;
    await vi.waitFor(() => stat(join(harness.dir, 'begun')), { timeout: 20_000, interval: 50 });
    const before = await processesWith(`NODEPOOL_HOOK=${output}`);

    builder.endProcesses();
    await harness.until(() => harness.logged('upload failed') === 1);

    expect(before).toHaveLength(1);
    expect(await processesWith(`NODEPOOL_HOOK=${output}`)).toEqual([]);
    expect(await readdir(output)).toEqual([]);
  });

  it('that a killed builder left behind are ended at the next start', async () => {
    await using harness = await Harness.open({ diskimages: [] }, systemClock);
    const build = `debian-${'a'.repeat(32)}`;
    const base = join(harness.imagesDir, build);
    const env = { ...process.env, FAKE_DIB: 'hang', DIB_IMAGE_FILENAME: base, DIB_IMAGE_NAME: 'debian' };
    await mkdir(harness.imagesDir);
    const orphan = spawn(fakeDib, ['-t', 'raw', '-o', base], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
      env,
    });
    await writeRunningFile(harness.imagesDir, build, `DIB_IMAGE_FILENAME=${base}`, orphan.pid ?? 0);
    for await (const chunk of orphan.stdout) if (String(chunk).includes('hanging')) break;

    await harness.start({ killGraceMs: 500 });

    expect(await processesWith(base)).toEqual([]);
    expect(await readdir(join(harness.imagesDir, '.running'))).toEqual([]);
    expect(harness.logged('ended processes of an abandoned build')).toBe(1);
  });

  it('are told from others that were given the same pid', async () => {
    await using harness = await Harness.open({ diskimages: [] }, systemClock);
    const bystander = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
    const pid = bystander.pid ?? 0;
    await mkdir(harness.imagesDir);
    await writeRunningFile(harness.imagesDir, 'debian-1', `DIB_IMAGE_FILENAME=${harness.imagesDir}/debian-1`, pid);
    const path = join(harness.imagesDir, '.running', 'debian-1.json');
    const noted = await readFile(path, 'utf8');
    await writeFile(path, noted.replace(/"startTicks":\d+/, '"startTicks":1'));

    await harness.start();
    const isAlive = bystander.exitCode === null && bystander.signalCode === null && process.kill(pid, 0);
    bystander.kill('SIGKILL');

    expect(isAlive).toBe(true);
  });
});
