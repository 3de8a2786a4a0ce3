import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageStore, ImageUploadSpec } from '@nodepool/driver-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findImage, imageStore } from './images.js';
import { aConfig, ctx, deps } from './testing/subject.js';

const content = Buffer.concat([Buffer.from('514649fb', 'hex'), Buffer.alloc(3_000_000, 7)]);
const digest = (algorithm: string): string => createHash(algorithm).update(content).digest('hex');

describe('the images of qemu', () => {
  let folder = '';
  let source = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'np-images-'));
    source = join(folder, 'source.qcow2');
    await writeFile(source, content);
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const config = (keys = {}): ReturnType<typeof aConfig> => aConfig(join(folder, 'state'), keys);
  const store = (): ImageStore => imageStore(config(), deps);
  const upload = (overrides: Partial<ImageUploadSpec> = {}) =>
    store().upload(
      {
        imageName: 'mini',
        externalName: 'mini-1',
        path: source,
        format: 'qcow2',
        md5: undefined,
        sha256: undefined,
        meta: { nodepool_build_id: 'b' },
        config: {
          name: 'mini',
          pause: false,
          meta: {},
          configDrive: undefined,
          connectionType: 'ssh',
          connectionPort: 22,
        },
        ...overrides,
      },
      ctx,
    );
  const leftovers = async (): Promise<readonly string[]> => await readdir(join(folder, 'state', 'images'));

  it('take no room beside the file that was built', async () => {
    const { externalId } = await upload({ sha256: digest('sha256'), md5: digest('md5') });

    const image = await findImage({ kind: 'diskimage', externalId, config: aDiskimage(), username: null }, config());
    expect((await stat(image.path)).ino).toBe((await stat(source)).ino);
  });

  it('outlive the file that was built', async () => {
    const { externalId } = await upload();
    await rm(source);

    const image = await findImage({ kind: 'diskimage', externalId, config: aDiskimage(), username: null }, config());
    expect(content.equals(await readFile(image.path))).toBe(true);
  });

  it.each([
    ['sha256', { sha256: '0'.repeat(64) }],
    ['md5', { md5: '0'.repeat(32) }],
  ])('with a wrong %s are refused and leave nothing', async (_algorithm, sums) => {
    await expect(upload(sums)).rejects.toMatchObject({ code: 'transient' });

    expect(await leftovers()).toEqual([]);
  });

  it.each([
    ['a format that is not there', { format: 'vhd' }],
    ['a format that the file does not have', { format: 'raw' }],
  ])('with %s are refused', async (_what, overrides) => {
    await expect(upload(overrides)).rejects.toMatchObject({ code: 'misconfigured' });
  });

  it('whose folder holds something else are not listed', async () => {
    await upload();
    await mkdir(join(folder, 'state', 'images', 'empty'));
    await writeFile(join(folder, 'state', 'images', 'notes.txt'), '');

    expect((await store().list(ctx)).map(({ name, tags }) => [name, tags])).toEqual([
      ['mini-1', { nodepool_build_id: 'b' }],
    ]);
  });

  it('are not looked for outside their folder', async () => {
    await expect(store().remove('../images', ctx)).rejects.toMatchObject({ code: 'not-found' });
    const outside = { kind: 'diskimage', externalId: '../..', config: aDiskimage(), username: null } as const;
    await expect(findImage(outside, config())).rejects.toMatchObject({ code: 'launch-failed' });
  });

  it('of the cloud are files, which are looked for before a launch', async () => {
    const images = [
      { name: 'here', 'image-id': source },
      { name: 'away', 'image-id': join(folder, 'none') },
    ];
    const found = config({ 'cloud-images': images });
    const looked = imageStore(found, deps);

    expect(await Promise.all(found.cloudImages.map((image) => looked.hasCloudImage?.(image, ctx)))).toEqual([
      true,
      false,
    ]);
    const [, away] = found.cloudImages;
    if (away === undefined) throw new Error('the configuration lost an image');
    await expect(findImage({ kind: 'cloud-image', config: away }, found)).rejects.toMatchObject({
      code: 'misconfigured',
    });
  });
});

function aDiskimage(): ImageUploadSpec['config'] {
  return { name: 'mini', pause: false, meta: {}, configDrive: undefined, connectionType: 'ssh', connectionPort: 22 };
}
