import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Provider, type ProviderConfig, tagKeys } from '@nodepool/driver-api';
import { findDriver } from '@nodepool/driver-registry';
import { aBuild, anUpload } from '@nodepool/model/testing';
import { silentLogger } from '@nodepool/runtime';
import { FakeClock, seededRandom } from '@nodepool/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestCli, type TestCli } from '../testing/index.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodepool-cli-'));
  await writeFile(join(folder, 'image'), 'data');
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** A provider that has diskimage `debian`, with its cloud. */
async function openCloud(name: string): Promise<{ config: ProviderConfig; cloud: Provider }> {
  const driver = findDriver('fake');
  if (driver === undefined) throw new Error('there is no fake driver');
  const config = driver.configSchema.parse({
    name,
    driver: 'fake',
    diskimages: [{ name: 'debian' }],
    fake: { 'state-dir': join(folder, name) },
  });
  const make = await driver.load();
  return { config, cloud: make(config, { clock: new FakeClock(), random: seededRandom(2), log: silentLogger }) };
}

/** Puts an image into the cloud and returns its id. */
async function putImage(cloud: Provider, provider: string, uploadId: string): Promise<string> {
  const meta = { [tagKeys.buildId]: 'b1', [tagKeys.uploadId]: uploadId, [tagKeys.providerName]: provider };
  const uploaded = await cloud.images?.upload(
    {
      imageName: 'debian',
      externalName: `debian-${uploadId}`,
      path: join(folder, 'image'),
      format: 'qcow2',
      md5: undefined,
      sha256: undefined,
      meta,
      config: {
        name: 'debian',
        pause: false,
        meta: {},
        configDrive: undefined,
        connectionType: 'ssh',
        connectionPort: 22,
      },
    },
    { signal: new AbortController().signal, log: silentLogger },
  );
  if (uploaded === undefined) throw new Error('the cloud takes no images');
  return uploaded.externalId;
}

type UploadParts = Parameters<typeof anUpload>[0];

async function recordBuild(cli: TestCli): Promise<void> {
  const lock = await cli.store.images.lockImage('debian');
  if (lock === undefined) throw new Error('the image is locked');
  await cli.store.images.createBuild(aBuild({ image: 'debian', id: 'b1' }), lock);
  await lock.release();
}

async function record(cli: TestCli, change: UploadParts): Promise<string> {
  const upload = anUpload({ image: 'debian', buildId: 'b1', ...change });
  const lock = await cli.store.images.lockUploads(upload);
  if (lock === undefined) throw new Error('the uploads are locked');
  const created = await cli.store.images.createUpload(upload, lock);
  await lock.release();
  return created.record.id;
}

describe('alien-image-list', () => {
  it('lists the images that no ready upload names', async () => {
    const { config, cloud } = await openCloud('cloud-a');
    await using cli = await openTestCli({ config: { providers: [config] } });
    const known = await putImage(cloud, 'cloud-a', '0000000007');
    const failed = await putImage(cloud, 'cloud-a', '0000000008');
    await recordBuild(cli);
    await record(cli, { provider: 'cloud-a', state: 'ready', externalId: known });
    await record(cli, { provider: 'cloud-a', state: 'failed', externalId: failed });

    const { stdout, exitCode } = await cli.run('alien-image-list');

    expect(exitCode).toBe(0);
    expect(stdout.split('\n')[1]).toMatch(/^\| Provider +\| Name +\| Image ID +\|$/);
    expect(stdout).toMatch(new RegExp(`\\| cloud-a +\\| debian-0000000008 +\\| ${failed} +\\|`));
    expect(stdout).not.toContain(known);
  });

  it('leaves out what is being uploaded', async () => {
    const { config, cloud } = await openCloud('cloud-a');
    await using cli = await openTestCli({ config: { providers: [config] } });
    await recordBuild(cli);
    const uploadId = await record(cli, { provider: 'cloud-a', state: 'uploading', externalId: null });
    await putImage(cloud, 'cloud-a', uploadId);

    const { stdout } = await cli.run('alien-image-list', '--format', 'json');

    expect(JSON.parse(stdout)).toEqual([]);
  });

  it('asks one provider when one is named', async () => {
    const [a, b] = [await openCloud('cloud-a'), await openCloud('cloud-b')];
    await using cli = await openTestCli({ config: { providers: [a.config, b.config] } });
    await putImage(a.cloud, 'cloud-a', '0000000001');
    const imageId = await putImage(b.cloud, 'cloud-b', '0000000002');

    const { stdout } = await cli.run('alien-image-list', 'cloud-b', '--format', 'json');

    expect(JSON.parse(stdout)).toEqual([
      {
        provider: 'cloud-b',
        name: 'debian-0000000002',
        image_id: imageId,
        build_id: 'b1',
        upload_id: '0000000002',
      },
    ]);
  });

  it('refuses a provider that is not configured', async () => {
    await using cli = await openTestCli();

    const { exitCode, stderr } = await cli.run('alien-image-list', 'nope');

    expect(exitCode).toBe(1);
    expect(stderr).toContain('the configuration has no provider nope');
  });

  it('lists the others when one provider fails, and says so', async () => {
    const { config, cloud } = await openCloud('cloud-a');
    const broken = { name: 'cloud-b', driver: 'teapot', reason: 'this release has no driver teapot' };
    await using cli = await openTestCli({ config: { providers: [config], unavailableProviders: [broken] } });
    const imageId = await putImage(cloud, 'cloud-a', '0000000001');

    const { exitCode, stdout, stderr } = await cli.run('alien-image-list');

    expect(exitCode).toBe(1);
    expect(stdout).toContain(imageId);
    expect(stderr).toContain('images of provider cloud-b could not be listed');
    expect(stderr).toContain('this release has no driver teapot');
  });
});
