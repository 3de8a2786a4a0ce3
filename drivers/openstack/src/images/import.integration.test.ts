import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { openImages } from './testing/open-images.js';

const webDownload = {
  imageImportMethod: 'web-download',
  imageImportUrl: 'http://builder.example.com/images/',
} as const;

describe('an import of staged data', () => {
  it('happens when it is configured', async () => {
    await using images = await openImages({ settings: { imageImportMethod: 'glance-direct' } });

    const { externalId } = await images.upload();

    expect(images.cloud.state.images.get(externalId)).toMatchObject({
      status: 'active',
      size: 3_000_000,
      import_method: { name: 'glance-direct' },
    });
    expect(images.cloud.calls).toContain(`PUT /images/${externalId}/stage`);
  });

  it('happens when the cloud takes no data directly', async () => {
    await using images = await openImages();
    const answer = { status: 403, body: { message: 'Direct upload is disabled' } };
    images.cloud.planNext('PUT /images/*/file', { answer, afterBytes: 1_000_000 });

    const { externalId } = await images.upload();

    expect(images.cloud.state.images.get(externalId)).toMatchObject({ status: 'active', size: 3_000_000 });
  });

  it('does not happen where the cloud offers none', async () => {
    await using images = await openImages();
    images.cloud.state.importMethods = [];
    // All data are read first: an answer in the middle may be lost with the connection, and the upload is sent again.
    const answer = { status: 403, body: { message: 'Forbidden' } };
    images.cloud.planNext('PUT /images/*/file', { answer, afterBytes: Number.POSITIVE_INFINITY });

    await expect(images.upload()).rejects.toMatchObject({ code: 'misconfigured' });
    expect(images.cloud.state.images.size).toBe(0);
  });

  it('tells why the cloud could not, and leaves nothing', async () => {
    await using images = await openImages({ settings: { imageImportMethod: 'glance-direct' } });
    images.cloud.state.importFailure = 'the store is full';

    await expect(images.upload()).rejects.toThrow(/could not import image .*: the store is full/);
    expect(images.cloud.state.images.size).toBe(0);
  });

  it('goes on when the answer to its start was lost', async () => {
    await using images = await openImages({ settings: { imageImportMethod: 'glance-direct' } });
    images.cloud.planNext('POST /images/*/import', { cut: 'late' });

    const { externalId } = await images.upload();

    expect(images.cloud.state.images.get(externalId)).toMatchObject({ status: 'active' });
  });

  it('that falls back to where it began has failed', async () => {
    await using images = await openImages({ settings: { imageImportMethod: 'glance-direct' } });
    images.cloud.planNext('GET /images/*', {});
    images.cloud.planNext('GET /images/*', {
      meanwhile: ({ images: stored }) => {
        for (const image of stored.values()) image.status = 'queued';
      },
    });

    await expect(images.upload()).rejects.toThrow(/its status became queued again/);
  });

  it('may convert the image, which then has checksums of its own', async () => {
    await using images = await openImages({ settings: { imageImportMethod: 'glance-direct' } });
    images.cloud.planNext('POST /images/*/import', {
      meanwhile: ({ images: stored }) => {
        for (const image of stored.values())
          Object.assign(image, { disk_format: 'raw', staged: { bytes: 9, md5: 'x' } });
      },
    });

    const { externalId } = await images.upload();

    expect(images.cloud.state.images.get(externalId)).toMatchObject({ disk_format: 'raw' });
    expect(images.log.lines.map(({ message }) => message)).toContain(
      'image was converted by the cloud and cannot be verified',
    );
  });
});

describe('an import from a web server', () => {
  it('names the file at the configured address and sends nothing', async () => {
    await using images = await openImages({ settings: webDownload });

    const { externalId } = await images.upload();

    expect(images.cloud.state.images.get(externalId)).toMatchObject({
      status: 'active',
      import_method: { name: 'web-download', uri: 'http://builder.example.com/images/debian-b1.qcow2' },
    });
    expect(images.cloud.calls.filter((call) => call.startsWith('PUT'))).toEqual([]);
  });

  it('is proved by the checksum of the file', async () => {
    await using images = await openImages({ settings: webDownload });
    images.cloud.planNext('POST /images/*/import', {
      meanwhile: ({ images: stored }) => {
        for (const image of stored.values()) image['staged'] = { bytes: 3_000_000, md5: 'e'.repeat(32), sha512: 'f' };
      },
    });

    await expect(images.upload()).rejects.toThrow(/is not the file/);
    expect(images.cloud.state.images.size).toBe(0);
  });
});

describe('an import by task', () => {
  const rackspace = {
    image_api_use_tasks: true,
    image_format: 'vhd',
    disable_vendor_agent: { vm_mode: 'hvm', xenapi_use_agent: 'False' },
  };

  it('goes through the object store, and sets the properties afterwards', async () => {
    await using images = await openImages({ profile: rackspace });
    const md5 = createHash('md5')
      .update(await readFile(images.path))
      .digest('hex');
    const etags: string[] = [];
    images.cloud.planNext('POST /tasks', {
      meanwhile: ({ objects }) => {
        for (const { etag } of objects.values()) etags.push(etag);
      },
    });

    const { externalId } = await images.upload();

    expect(images.store.format).toBe('vhd');
    expect(etags).toEqual([md5]);
    expect(images.cloud.state.images.get(externalId)).toMatchObject({
      status: 'active',
      name: 'debian-1700000000',
      visibility: 'private',
      vm_mode: 'hvm',
      xenapi_use_agent: 'False',
      nodepool_build_id: 'b1',
      nodepool_provider_name: 'local',
    });
    expect([...images.cloud.state.tasks.values()]).toMatchObject([
      {
        type: 'import',
        input: { import_from: 'images/debian-1700000000', image_properties: { name: 'debian-1700000000' } },
      },
    ]);
    expect([...images.cloud.state.objects.keys()]).toEqual([]);
  });

  it('tells why the task failed, and leaves nothing', async () => {
    await using images = await openImages({ profile: rackspace });
    images.cloud.state.importFailure = 'Image cannot be imported. Error code: 609';

    await expect(images.upload()).rejects.toThrow(/Error code: 609/);
    expect([...images.cloud.state.objects.keys(), ...images.cloud.state.images.keys()]).toEqual([]);
  });

  it('is repeated after error 396, which passes', async () => {
    await using images = await openImages({ profile: rackspace });
    images.cloud.state.importFailure = "Image cannot be imported. Error code: '396'";
    images.cloud.planNext('POST /tasks', {});
    images.cloud.planNext('POST /tasks', {
      meanwhile: (state) => {
        state.importFailure = '';
      },
    });

    await images.upload();

    expect([...images.cloud.state.tasks.values()].map(({ status }) => status)).toEqual(['failure', 'success']);
  });

  it('fails when the object store has got something else', async () => {
    await using images = await openImages({ profile: rackspace });
    const answer = { status: 201, headers: { etag: 'c'.repeat(32) } };
    images.cloud.planNext('PUT /images/debian-.*', { answer, afterBytes: 3_000_000 });

    await expect(images.upload()).rejects.toThrow(/its md5 is cccc/);
  });

  it('removes the image when its properties cannot be set', async () => {
    await using images = await openImages({ profile: rackspace });
    images.cloud.planNext('PATCH /images/*', { answer: { status: 403, body: { message: 'Forbidden' } } });

    await expect(images.upload()).rejects.toMatchObject({ code: 'misconfigured' });
    expect(images.cloud.state.images.size).toBe(0);
  });
});
