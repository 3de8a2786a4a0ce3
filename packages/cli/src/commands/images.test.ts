import { aDiskimage } from '@nodepool/config/testing';
import { recordedOutput } from '@nodepool/listings/testing';
import type { ImageBuild, ImageUpload } from '@nodepool/model';
import { aBuild, anUpload } from '@nodepool/model/testing';
import { describe, expect, it } from 'vitest';
import { openTestCli, type TestCli } from '../testing/index.js';

async function addBuild(cli: TestCli, change: Partial<ImageBuild> = {}): Promise<ImageBuild> {
  const build = aBuild(change);
  const lock = await cli.store.images.lockImage(build.image);
  if (lock === undefined) throw new Error('the image is locked');
  const { record } = await cli.store.images.createBuild(build, lock);
  await lock.release();
  return record;
}

async function addUpload(cli: TestCli, change: Partial<ImageUpload> = {}): Promise<ImageUpload> {
  await addBuild(cli);
  const upload = anUpload(change);
  const lock = await cli.store.images.lockUploads(upload);
  if (lock === undefined) throw new Error('the uploads are locked');
  const { record } = await cli.store.images.createUpload(upload, lock);
  await lock.release();
  return record;
}

const keyOf = ({ image, buildId, provider, id }: ImageUpload): readonly string[] => [
  ...['--image', image, '--build-id', buildId],
  ...['--provider', provider, '--upload-id', id],
];

describe('image-build', () => {
  it('asks for a build', async () => {
    await using cli = await openTestCli({ config: { diskimages: [aDiskimage()] } });

    const result = await cli.run('image-build', 'debian');

    expect(result).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(await cli.store.images.buildRequestState('debian')).toBe('pending');
  });

  it('refuses what is no diskimage', async () => {
    await using cli = await openTestCli();

    const { exitCode, stderr } = await cli.run('image-build', 'nope');

    expect(stderr).toBe('nodepool: error: Trying to build a non disk-image-builder image: nope\n');
    expect(exitCode).toBe(1);
    expect(await cli.store.images.buildRequestState('nope')).toBeUndefined();
  });

  it('refuses what the configuration has paused', async () => {
    await using cli = await openTestCli({ config: { diskimages: [aDiskimage({ pause: true })] } });

    const { exitCode, stderr } = await cli.run('image-build', 'debian');

    expect(stderr).toBe('nodepool: error: Skipping build request for image debian; paused\n');
    expect(exitCode).toBe(1);
  });

  it('accepts an image whose pause flag is set: the build waits', async () => {
    await using cli = await openTestCli({ config: { diskimages: [aDiskimage()] } });
    await addBuild(cli);
    await cli.run('image-pause', 'debian');

    expect((await cli.run('image-build', 'debian')).exitCode).toBe(0);
  });
});

describe('image-pause and image-unpause', () => {
  it('set and clear the flag, any number of times, without a word', async () => {
    await using cli = await openTestCli();
    await addBuild(cli);

    for (const command of ['image-pause', 'image-pause']) {
      expect(await cli.run(command, 'debian')).toEqual({ exitCode: 0, stdout: '', stderr: '' });
      expect(await cli.store.images.isPaused('debian')).toBe(true);
    }
    for (const command of ['image-unpause', 'image-unpause']) {
      expect(await cli.run(command, 'debian')).toEqual({ exitCode: 0, stdout: '', stderr: '' });
      expect(await cli.store.images.isPaused('debian')).toBe(false);
    }
  });

  it('cannot pause an image that was never built', async () => {
    await using cli = await openTestCli();

    const { exitCode, stderr } = await cli.run('image-pause', 'debian');

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^nodepool: error: image debian was never built.*\n$/);
    expect((await cli.run('image-unpause', 'debian')).exitCode).toBe(0);
  });
});

describe('dib-image-delete', () => {
  it('marks the build', async () => {
    await using cli = await openTestCli();
    const { image, id } = await addBuild(cli, { image: 'debian-12' });

    expect(await cli.run('dib-image-delete', `${image}-${id}`)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect((await cli.store.images.build({ image, buildId: id }))?.record.state).toBe('deleting');
  });

  it('leaves a build in progress alone', async () => {
    await using cli = await openTestCli();
    const { image, id } = await addBuild(cli, { state: 'building' });

    const { stdout, exitCode } = await cli.run('dib-image-delete', `${image}-${id}`);

    expect(stdout).toBe('Cannot delete a build in progress\n');
    expect(exitCode).toBe(0);
    expect((await cli.store.images.build({ image, buildId: id }))?.record.state).toBe('building');
  });

  it('says when there is no such build', async () => {
    await using cli = await openTestCli();

    const { stdout, exitCode } = await cli.run('dib-image-delete', 'fake-image-zzz');

    expect(stdout).toBe(await recordedOutput('45-dib-image-delete-unknown'));
    expect(exitCode).toBe(0);
    expect((await cli.run('dib-image-delete', 'nodash')).stdout).toBe('Build nodash not found\n');
  });

  it('fails while a builder has the build locked', async () => {
    await using cli = await openTestCli();
    const { image, id } = await addBuild(cli);
    const directory = `/nodepool/images/${image}/builds/${id}/lock`;
    await cli.zk.ensurePath(directory);
    await cli.zk.create(`${directory}/${'0'.repeat(32)}__lock__`, Buffer.alloc(0), { mode: 'ephemeral-sequential' });

    const { exitCode, stderr } = await cli.run('dib-image-delete', `${image}-${id}`);

    expect(exitCode).toBe(1);
    expect(stderr).toBe(`nodepool: error: build ${image}-${id} is locked by a builder; try again\n`);
  });
});

describe('image-delete', () => {
  it('marks the upload', async () => {
    await using cli = await openTestCli();
    const upload = await addUpload(cli);

    expect(await cli.run('image-delete', ...keyOf(upload))).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    const stored = await cli.store.images.upload({ ...upload, uploadId: upload.id });
    expect(stored?.record.state).toBe('deleting');
  });

  it('leaves an upload in progress alone', async () => {
    await using cli = await openTestCli();
    const upload = await addUpload(cli, { state: 'uploading' });

    const { stdout, exitCode } = await cli.run('image-delete', ...keyOf(upload));

    expect(stdout).toBe('Cannot delete because image upload in progress\n');
    expect(exitCode).toBe(0);
  });

  it('says when there is no such upload', async () => {
    await using cli = await openTestCli();

    const { stdout, exitCode } = await cli.run('image-delete', ...keyOf(anUpload()));

    expect(stdout).toBe(await recordedOutput('44-image-delete-unknown'));
    expect(exitCode).toBe(0);
  });

  it('needs all four options', async () => {
    await using cli = await openTestCli();

    const { exitCode, stderr } = await cli.run('image-delete', '--image', 'debian');

    expect(exitCode).toBe(2);
    expect(stderr).toContain("required option '--provider <provider>' not specified");
  });
});
