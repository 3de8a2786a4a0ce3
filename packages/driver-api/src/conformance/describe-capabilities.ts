import { describe, expect, it } from 'vitest';
import type { CallContext, ImageStore, ImageUploadSpec } from '../driver.js';
import { tagKeys } from '../driver.js';
import { ProviderError } from '../errors.js';
import type { ProviderSubject } from './subject.js';

/** The part of the contract that concerns what not every cloud can do. */
export function describeCapabilities(
  subject: () => ProviderSubject,
  ctx: CallContext,
  expected: { readonly images: boolean; readonly quota: boolean },
): void {
  it('has the capabilities that its driver is known for', () => {
    const { provider } = subject();

    expect({ images: provider.images !== undefined, quota: provider.quota !== undefined }).toEqual({
      images: expected.images,
      quota: expected.quota,
    });
  });

  if (expected.images) describeImages(subject, ctx);
  if (expected.quota) describeQuota(subject, ctx);
}

function describeImages(subject: () => ProviderSubject, ctx: CallContext): void {
  const images = (): ImageStore => {
    const store = subject().provider.images;
    if (store === undefined) throw new Error('the provider takes no images');
    return store;
  };
  const uploadSpec = (uploadId: string, path = subject().imagePath): ImageUploadSpec => {
    if (path === undefined) throw new Error('there is no file to upload');
    return {
      imageName: 'conformance',
      externalName: `conformance-${uploadId}`,
      path,
      format: images().format,
      md5: undefined,
      sha256: undefined,
      meta: {
        [tagKeys.providerName]: 'conformance',
        [tagKeys.buildId]: '0123456789abcdef0123456789abcdef',
        [tagKeys.uploadId]: uploadId,
      },
      config: {
        name: 'conformance',
        pause: false,
        meta: {},
        configDrive: undefined,
        connectionType: 'ssh',
        connectionPort: 22,
      },
    };
  };

  describe('images', () => {
    it('are listed with their tags from their upload to their removal', async () => {
      const spec = uploadSpec('0000000001');

      const uploaded = await images().upload(spec, ctx);
      const listed = await images().list(ctx);
      await images().remove(uploaded.externalId, ctx);

      expect(uploaded.externalName).toBe(spec.externalName);
      expect(listed.find(({ externalId }) => externalId === uploaded.externalId)?.tags).toMatchObject(spec.meta);
      expect((await images().list(ctx)).map(({ externalId }) => externalId)).not.toContain(uploaded.externalId);
    });

    it('are proved gone by not-found', async () => {
      const { externalId } = await images().upload(uploadSpec('0000000002'), ctx);
      await images().remove(externalId, ctx);

      await expect(images().remove(externalId, ctx)).rejects.toMatchObject({ code: 'not-found' });
    });

    it('tell of progress up to the size of the file', async () => {
      const seen: number[] = [];

      const { externalId } = await images().upload(uploadSpec('0000000003'), {
        ...ctx,
        onProgress: (bytes) => void seen.push(bytes),
      });
      await images().remove(externalId, ctx);

      expect(seen.length).toBeGreaterThan(0);
      expect(seen).toEqual([...seen].sort((left, right) => left - right));
    });

    it('that cannot be read fail with an error of the contract and leave nothing', async () => {
      const upload = images().upload(uploadSpec('0000000004', '/nonexistent/conformance.img'), ctx);

      await expect(upload).rejects.toBeInstanceOf(ProviderError);
      const left = (await images().list(ctx)).filter(({ tags }) => tags[tagKeys.uploadId] === '0000000004');
      expect(left).toEqual([]);
    });

    it('honour a signal that has aborted', async () => {
      const aborted = { ...ctx, signal: AbortSignal.abort(new Error('stopping')) };

      await expect(images().upload(uploadSpec('0000000005'), aborted)).rejects.toThrow();
      await expect(images().list(aborted)).rejects.toThrow();
    });
  });
}

function describeQuota(subject: () => ProviderSubject, ctx: CallContext): void {
  describe('quota', () => {
    it('says what one node of the label takes: one instance, and nothing negative', async () => {
      const { provider, pool, label } = subject();

      const needed = await provider.quota?.needed(pool, label, ctx);

      expect(needed).toMatchObject({ instances: 1 });
      expect(Object.values(needed ?? {}).every((amount) => amount >= 0)).toBe(true);
    });

    it('limits nothing to less than one node takes', async () => {
      const { provider, pool, label } = subject();
      const needed = (await provider.quota?.needed(pool, label, ctx)) ?? {};

      const limits = (await provider.quota?.limits(ctx)) ?? {};

      const short = Object.entries(limits).filter(([resource, limit]) => limit < (needed[resource] ?? 0));
      expect(short).toEqual([]);
    });
  });
}
