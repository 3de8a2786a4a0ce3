import type { ImageStore } from '@nodepool/driver-api';
import { FakeClock, recordLog } from '@nodepool/runtime/testing';
import { expect, it } from 'vitest';
import type { BuilderContext } from '../context.js';
import { aProvider } from '../testing/fixtures.js';
import { observeLeaks } from './view.js';

const tags = { nodepool_build_id: 'b1', nodepool_upload_id: '0000000001', nodepool_provider_name: 'cloud-a' };

async function suspected(images: Partial<ImageStore>): Promise<readonly string[]> {
  const config = aProvider('cloud-a', ['debian']);
  const list: ImageStore['list'] = async () => [{ externalId: 'image-1', name: 'debian-1', tags }];
  const provider = { config, kind: 'images', images: { list, ...images } };
  const context = {
    clock: new FakeClock(),
    log: recordLog(),
    cache: { images: () => [] },
    config: { current: () => undefined },
    providers: { resolve: async () => new Map([['cloud-a', provider]]) },
  } as unknown as BuilderContext;
  const view = await observeLeaks(context, new Map(), new AbortController().signal);
  return view.images.map(({ externalId }) => externalId);
}

it.each<[string, Partial<ImageStore>, readonly string[]]>([
  ['are looked for', {}, ['image-1']],
  ['are left alone where the operator has not allowed their removal', { keepsUnknown: true }, []],
])('images that no record knows %s', async (_, images, expected) => {
  expect(await suspected(images)).toEqual(expected);
});
