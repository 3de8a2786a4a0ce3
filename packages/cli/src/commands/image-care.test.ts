import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aDiskimage } from '@nodepool/config/testing';
import type { ImageBuild, ImageUpload } from '@nodepool/model';
import { aBuild, anUpload } from '@nodepool/model/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestCli, type TestCli } from '../testing/index.js';

const ids = ['1', '2', '3'].map((digit) => digit.repeat(32));
const [first = '', second = '', third = ''] = ids;
const builderId = '5357351b-7ef5-41db-84e2-3f94b17efc7a';

async function addBuild(cli: TestCli, id: string, change: Partial<ImageBuild> = {}): Promise<void> {
  const lock = await cli.store.images.lockImage('debian');
  if (lock === undefined) throw new Error('the image is locked');
  await cli.store.images.createBuild(aBuild({ id, builderId, ...change }), lock);
  await lock.release();
  cli.clock.jump(1_000);
}

async function addUpload(cli: TestCli, buildId: string, provider: string, change: Partial<ImageUpload> = {}) {
  const upload = anUpload({ buildId, provider, ...change });
  const lock = await cli.store.images.lockUploads(upload);
  if (lock === undefined) throw new Error('the uploads are locked');
  const { record } = await cli.store.images.createUpload(upload, lock);
  await lock.release();
  cli.clock.jump(1_000);
  return record;
}

/** Three builds in two providers; the second has only the newest two. */
async function withThreeBuilds(): Promise<TestCli> {
  const cli = await openTestCli({ nowMs: 1_000_000 });
  for (const id of ids) {
    await addBuild(cli, id);
    await addUpload(cli, id, 'cloud-a');
    if (id !== first) await addUpload(cli, id, 'cloud-b');
  }
  return cli;
}

const buildStates = async ({ store }: TestCli): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries((await store.images.builds('debian')).map(({ record }) => [record.id, record.state]));

const uploadsOf = async ({ store }: TestCli, buildId: string): Promise<readonly string[]> =>
  (await store.images.uploads('debian', buildId)).map(({ record }) => `${record.provider} ${record.state}`);

describe('image-rollback', () => {
  it('pauses the image, marks uploads and build, and says what is in use and what stays', async () => {
    await using cli = await withThreeBuilds();

    const { exitCode, stdout } = await cli.run('image-rollback', 'debian', '--reason', 'boots into nothing');

    expect(exitCode).toBe(0);
    expect(await cli.store.images.isPaused('debian')).toBe(true);
    expect(await buildStates(cli)).toEqual({ [first]: 'ready', [second]: 'ready', [third]: 'deleting' });
    expect(await uploadsOf(cli, third)).toEqual(['cloud-a deleting', 'cloud-b deleting']);
    expect(await uploadsOf(cli, second)).toEqual(['cloud-a ready', 'cloud-b ready']);
    expect(stdout).toMatch(new RegExp(`cloud-a +\\| ${second}`));
    expect(stdout).toContain(`builds debian-${second}; debian-${first}`);
    const [event] = await cli.store.imageHistory.list('debian');
    expect(event).toMatchObject({
      kind: 'rolled-back',
      buildId: third,
      by: 'alice@workstation',
      text: 'boots into nothing',
    });
  });

  it('changes nothing when it is only tried', async () => {
    await using cli = await withThreeBuilds();

    const { exitCode, stdout } = await cli.run('image-rollback', 'debian', '--dry-run');

    expect(exitCode).toBe(0);
    expect(stdout).toContain('Nothing was changed');
    expect(stdout).toContain(`Would delete debian-${third}`);
    expect(await cli.store.images.isPaused('debian')).toBe(false);
    expect(await buildStates(cli)).toEqual({ [first]: 'ready', [second]: 'ready', [third]: 'ready' });
    expect(await cli.store.imageHistory.list('debian')).toEqual([]);
  });

  it('refuses to leave a provider without an image, unless told to', async () => {
    await using cli = await withThreeBuilds();
    await cli.run('image-rollback', 'debian');

    const refused = await cli.run('image-rollback', 'debian');
    const states = await buildStates(cli);
    const forced = await cli.run('image-rollback', 'debian', '--force');

    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/would leave cloud-b without a ready image of debian.*--force\)\n$/);
    expect(states[second]).toBe('ready');
    expect(forced.exitCode).toBe(0);
    expect((await buildStates(cli))[second]).toBe('deleting');
    expect(forced.stdout).toMatch(/cloud-b +\| none/);
  });

  it('of one provider takes its uploads back, and keeps the build from coming again', async () => {
    await using cli = await withThreeBuilds();

    const { exitCode } = await cli.run('image-rollback', 'debian', '--provider', 'cloud-a');

    expect(exitCode).toBe(0);
    expect(await cli.store.images.isPaused('debian')).toBe(false);
    expect((await buildStates(cli))[third]).toBe('ready');
    expect(await uploadsOf(cli, third)).toEqual(['cloud-a deleting', 'cloud-b ready']);
    expect((await cli.store.images.heldBack('debian')).get('cloud-a')).toEqual(new Set([third]));
  });

  it('waits a moment for a builder that has an upload locked', async () => {
    await using cli = await withThreeBuilds();
    const directory = `/nodepool/images/debian/builds/${third}/providers/cloud-a/images/0000000001/lock`;
    await cli.zk.ensurePath(directory);
    const lock = await cli.zk.create(`${directory}/${'0'.repeat(32)}__lock__`, Buffer.alloc(0), {
      mode: 'ephemeral-sequential',
    });

    const running = cli.run('image-rollback', 'debian');
    while (!(await cli.store.images.isPaused('debian'))) await cli.clock.advance(0);
    await cli.zk.delete(lock.path);
    await cli.clock.advance(1_000);

    expect((await running).exitCode).toBe(0);
    expect(await uploadsOf(cli, third)).toEqual(['cloud-a deleting', 'cloud-b deleting']);
  });

  it('says so when nothing is in use', async () => {
    await using cli = await openTestCli();

    const { exitCode, stderr } = await cli.run('image-rollback', 'debian');

    expect(exitCode).toBe(1);
    expect(stderr).toContain('no build of debian is in use');
  });
});

describe('image-resume', () => {
  it('lifts the pause and what is held back', async () => {
    await using cli = await withThreeBuilds();
    await cli.run('image-rollback', 'debian', '--provider', 'cloud-a');
    await cli.run('image-pause', 'debian');

    expect(await cli.run('image-resume', 'debian')).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(await cli.store.images.isPaused('debian')).toBe(false);
    expect((await cli.store.images.heldBack('debian')).size).toBe(0);
    expect((await cli.run('image-resume', 'fedora')).stderr).toContain('was never built');
  });
});

describe('image-history', () => {
  it('tells who did what and why', async () => {
    await using cli = await withThreeBuilds();
    await cli.run('image-pause', 'debian');
    await cli.run('image-unpause', 'debian');
    await cli.run('image-rollback', 'debian', '--reason', 'no network');

    const { stdout } = await cli.run('image-history', 'debian', '--format', 'json');

    expect(JSON.parse(stdout)).toMatchObject([
      { event: 'paused', by: 'alice@workstation' },
      { event: 'resumed', by: 'alice@workstation' },
      { event: 'rolled-back', by: 'alice@workstation', build_id: third, why: 'no network' },
    ]);
    expect((await cli.run('image-history', 'fedora')).exitCode).toBe(0);
  });
});

describe('image-list --detail', () => {
  it('shows why an upload has failed, and how far another one is', async () => {
    await using cli = await openTestCli();
    await addBuild(cli, first);
    await addUpload(cli, first, 'cloud-a', { state: 'failed', failureReason: 'the command exited with 1' });
    const running = await addUpload(cli, first, 'cloud-b', { state: 'uploading', externalId: null });
    await cli.store.builderStatuses.publish({
      builderId,
      hostname: 'builder-1',
      logUrl: null,
      builds: [],
      uploads: [
        {
          ...{ image: 'debian', buildId: first, provider: 'cloud-b', uploadId: running.id, startedSec: 1 },
          ...{ phase: 'uploading', bytesSent: 2 ** 20, bytesTotal: 2 ** 22, bytesPerSec: 2 ** 19, secondsLeft: 6 },
        },
      ],
    });

    const detail = (await cli.run('image-list', '--detail')).stdout;
    const plain = (await cli.run('image-list')).stdout;

    expect(detail).toContain('the command exited with 1');
    expect(detail).toContain('25 %, 0.5 MiB/s, 6 s left');
    expect(plain).not.toContain('Reason');
  });
});

describe('logs of builds', () => {
  const served: string[] = [];
  const server = createServer((request, response) => {
    served.push(request.url ?? '');
    response.write('one\ntw');
    response.end('o\nExit code: 0');
  });
  let logUrl = '';

  beforeEach(async () => {
    served.length = 0;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    logUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const publish = (cli: TestCli): Promise<void> =>
    cli.store.builderStatuses.publish({ builderId, hostname: 'builder-1', logUrl, builds: [], uploads: [] });

  it('come from the builder that has them', async () => {
    await using cli = await openTestCli();
    await addBuild(cli, first);
    await publish(cli);

    const { exitCode, stdout } = await cli.run('image-log', `debian-${first}`, '--follow');
    await cli.run('image-log', `debian-${first}`, '--gates');

    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'one\ntwo\nExit code: 0\n' });
    expect(served).toEqual([`/builds/debian-${first}/log?offset=0&follow=1`, `/builds/debian-${first}/gates?offset=0`]);
  });

  it('are missing for a build that is unknown, and for a builder that is not there', async () => {
    await using cli = await openTestCli();
    await addBuild(cli, first);

    expect((await cli.run('image-log', 'debian-zzz')).stderr).toContain('Build debian-zzz not found');
    expect((await cli.run('image-log', `debian-${first}`)).stderr).toContain('is not running');
    await cli.store.builderStatuses.publish({
      builderId,
      hostname: 'b',
      logUrl: 'http://127.0.0.1:1',
      builds: [],
      uploads: [],
    });
    const { exitCode, stderr } = await cli.run('image-log', `debian-${first}`);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('set build-log-server');
  });

  it.each([
    ['ready', 0],
    ['failed', 1],
  ] as const)('are followed with the build that was asked for, which ends %s', async (state, expected) => {
    await using cli = await openTestCli({ config: { diskimages: [aDiskimage()] } });
    await addBuild(cli, first);
    await publish(cli);

    const running = cli.run('image-build', 'debian', '--follow');
    while ((await cli.store.images.buildRequestedAtMs('debian')) === undefined) await cli.clock.advance(0);
    await addBuild(cli, second, { state: 'building' });
    while (served.length === 0) await cli.clock.advance(0);
    const seen = await cli.store.images.build({ image: 'debian', buildId: second });
    if (seen !== undefined) await cli.store.images.updateBuild(seen, { state });

    const { exitCode, stdout } = await running;
    expect(stdout).toBe('one\ntwo\nExit code: 0\n');
    expect(exitCode).toBe(expected);
  });
});

describe('export-image-data and import-image-data', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nodepool-cli-'));
  });

  afterEach(() => rm(dir, { recursive: true }));

  it('bring everything to another tree, in a file that nobody else may read', async () => {
    await using cli = await withThreeBuilds();
    await cli.run('image-pause', 'debian');
    const file = join(dir, 'images.json');
    await writeFile(file, 'what was there');
    await chmod(file, 0o644);
    const before = await cli.run('image-list', '--format', 'json');

    const written = await cli.run('export-image-data', file);
    await using other = await openTestCli({ nowMs: 1_000_000 });
    const read = await other.run('import-image-data', file);

    expect([written, read]).toEqual(Array(2).fill({ exitCode: 0, stdout: '', stderr: '' }));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['images.json']);
    expect((await other.run('image-list', '--format', 'json')).stdout).toBe(before.stdout);
    expect(await other.store.images.isPaused('debian')).toBe(true);
  });

  it('only say what they would do when tried', async () => {
    await using cli = await withThreeBuilds();
    const file = join(dir, 'images.json');

    const written = await cli.run('export-image-data', '--dry-run', file);
    await cli.run('export-image-data', file);
    await using other = await openTestCli();
    const read = await other.run('import-image-data', '--dry-run', file);

    expect(written.stdout.split('\n')[0]).toBe(`/nodepool/images/debian/builds/${first}`);
    expect(read.stdout).toBe(written.stdout);
    expect(await other.store.images.images()).toEqual([]);
  });

  it.each(['', '[]', '{"/nodepool/nodes/0": ""}', '{"/nodepool/images/a/pause": 1}'])('refuse %j', async (text) => {
    await using cli = await openTestCli();
    const file = join(dir, 'images.json');
    await writeFile(file, text);

    expect((await cli.run('import-image-data', file)).exitCode).toBe(1);
    expect(await cli.store.images.images()).toEqual([]);
  });

  it('leave the file as it was when the new one cannot be written', async () => {
    await using cli = await withThreeBuilds();

    const { exitCode } = await cli.run('export-image-data', join(dir, 'nowhere', 'images.json'));

    expect(exitCode).toBe(1);
    expect(await readFile(join(dir, 'nowhere'), 'utf8').catch(() => 'missing')).toBe('missing');
  });

  it('warn while a builder is running', async () => {
    await using cli = await withThreeBuilds();
    const file = join(dir, 'images.json');
    await cli.run('export-image-data', file);
    const component = { kind: 'builder', hostname: 'b', state: 'running', version: null, modelApi: 0 } as const;
    await using _registration = await cli.store.components.register(component);

    expect((await cli.run('import-image-data', file)).stderr).toContain('a builder is running');
  });
});
