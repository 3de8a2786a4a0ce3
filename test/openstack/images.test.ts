import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CallContext, type ImageStore, type ImageUploadSpec, tagKeys } from '@nodepool/driver-api';
import { silentLogger } from '@nodepool/runtime';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { CloudUser } from './support/cloud-user.js';
import { CuttingProxy } from './support/cutting-proxy.js';
import { openProvider } from './support/open-provider.js';
import { openstackCommand } from './support/openstack-command.js';

const ctx: CallContext = { signal: new AbortController().signal, log: silentLogger };
const { dir, portBase } = inject('testCloud');
const bytes = 12_000_000;

type Clouds = Readonly<Record<string, { readonly auth: { readonly password: string } }>>;

let folder: string;
let clouds: Clouds;
let path: string;
let user: CloudUser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'np-images-'));
  path = join(folder, 'debian-b1.raw');
  await writeFile(path, randomBytes(bytes));
  ({ clouds } = parse(await readFile(join(dir, 'clouds.yaml'), 'utf8')) as { clouds: Clouds });
  const password = clouds['testcloud']?.auth.password ?? '';
  user = await CloudUser.signIn({ portBase, name: 'nodepool', password });
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** The image store of a provider in the test cloud, with further keys in nodepool.yaml and clouds.yaml. */
async function openStore(keys: object = {}, cloudKeys: object = {}): Promise<ImageStore> {
  const cloud = { ...clouds['testcloud'], image_format: 'raw', ...cloudKeys };
  const { images } = await openProvider({ folder, cloud, keys: { name: 'images', ...keys } });
  if (images === undefined) throw new Error('the provider takes no images');
  return images;
}

let uploads = 0;

function aSpec(change: Partial<ImageUploadSpec> = {}): ImageUploadSpec {
  uploads += 1;
  const meta = { [tagKeys.buildId]: `b${uploads}`, [tagKeys.uploadId]: '0000000001', [tagKeys.providerName]: 'images' };
  return {
    imageName: 'debian',
    externalName: `debian-${uploads}`,
    path,
    format: 'raw',
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
    ...change,
  };
}

const idsOf = async (name: string): Promise<readonly string[]> =>
  (await user.images()).filter((image) => image.name === name).map(({ id }) => id);

describe('an image in Glance', () => {
  it('has the content of the file and the properties of the upload, and goes when removed', async () => {
    const store = await openStore();
    const md5 = createHash('md5')
      .update(await readFile(path))
      .digest('hex');
    const spec = aSpec({ md5 });

    const { externalId } = await store.upload(
      { ...spec, meta: { ...spec.meta, os_distro: 'debian', min_disk: '1' } },
      ctx,
    );
    const image = await user.request('image', 'GET', `/images/${externalId}`);
    const listed = await store.list(ctx);
    await store.remove(externalId, ctx);

    expect(image).toMatchObject({
      name: spec.externalName,
      status: 'active',
      visibility: 'private',
      size: bytes,
      checksum: md5,
      disk_format: 'raw',
      min_disk: 1,
      os_distro: 'debian',
      'owner_specified.openstack.md5': md5,
    });
    expect(listed).toContainEqual({ externalId, name: spec.externalName, tags: spec.meta });
    await expect(store.remove(externalId, ctx)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is sent again when the connection was cut', async () => {
    await using proxy = await CuttingProxy.start(portBase + 1);
    const store = await openStore({}, { image_endpoint_override: `${proxy.url}/v2` });
    proxy.cutAfter(5_000_000, 8_000_000);
    const spec = aSpec();

    const { externalId } = await store.upload(spec, ctx);
    const image = await user.request('image', 'GET', `/images/${externalId}`);
    await store.remove(externalId, ctx);

    expect(proxy.cuts).toBe(2);
    expect(image).toMatchObject({ status: 'active', size: bytes });
  });

  it('is not left behind when the connection is cut each time', async () => {
    await using proxy = await CuttingProxy.start(portBase + 1);
    const store = await openStore({}, { image_endpoint_override: `${proxy.url}/v2` });
    proxy.cutAfter(5_000_000, 5_000_000, 5_000_000);
    const spec = aSpec();

    await expect(store.upload(spec, ctx)).rejects.toMatchObject({ code: 'transient' });

    expect(await idsOf(spec.externalName)).toEqual([]);
  });

  it('is not left behind when its upload is called off', async () => {
    const store = await openStore();
    const caller = new AbortController();
    const spec = aSpec();
    const onProgress = (sent: number): void => {
      if (sent > bytes / 2) caller.abort(new Error('stopping'));
    };

    await expect(store.upload(spec, { signal: caller.signal, log: silentLogger, onProgress })).rejects.toThrow(
      'stopping',
    );

    expect(await idsOf(spec.externalName)).toEqual([]);
  });

  it('is imported from where its data are staged', async () => {
    const store = await openStore({ 'image-import-method': 'glance-direct' });

    const { externalId } = await store.upload(aSpec(), ctx);
    const image = await user.request('image', 'GET', `/images/${externalId}`);
    await store.remove(externalId, ctx);

    expect(image).toMatchObject({ status: 'active', size: bytes });
  });

  it('tells why it could not be imported from a web server', async () => {
    const keys = { 'image-import-method': 'web-download', 'image-import-url': 'http://127.0.0.1:1/images' };
    const store = await openStore(keys);
    const spec = aSpec();

    await expect(store.upload(spec, ctx)).rejects.toMatchObject({ message: expect.stringContaining('import') });

    expect(await idsOf(spec.externalName)).toEqual([]);
  });

  it('replaces what an upload of the same build has left half done', async () => {
    const store = await openStore();
    const spec = aSpec();
    const record = { name: 'half', disk_format: 'raw', container_format: 'bare' };
    const half = await user.request('image', 'POST', '/images', {
      ...record,
      ...spec.meta,
      [tagKeys.uploadId]: '0000000000',
    });

    const { externalId } = await store.upload(spec, ctx);
    const ids = await user.images();
    await store.remove(externalId, ctx);

    expect(ids.map(({ id }) => id)).toContain(externalId);
    expect(ids.map(({ id }) => id)).not.toContain(half['id']);
  });

  it('that is protected stays, and the remedy is told', async () => {
    const store = await openStore();
    const spec = aSpec();
    const { externalId } = await store.upload({ ...spec, meta: { ...spec.meta, protected: 'true' } }, ctx);

    const refused = await store.remove(externalId, ctx).catch((error: Error) => error.message);
    const [, words = ''] = /: openstack (.*)$/.exec(refused ?? '') ?? [];
    await openstackCommand(dir, ...words.split(' '));
    await store.remove(externalId, ctx);

    expect(await idsOf(spec.externalName)).toEqual([]);
  });
});
