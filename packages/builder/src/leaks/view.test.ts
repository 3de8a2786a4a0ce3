import type { ImageStore } from '@nodepool/driver-api';
import { FakeClock, recordLog } from '@nodepool/runtime/testing';
import { expect, it } from 'vitest';
import type { BuilderContext } from '../context.js';
import { aProvider } from '../testing/fixtures.js';
import { observeLeaks } from './view.js';

const tags = { nodepool_build_id: 'b1', nodepool_upload_id: '0000000001', nodepool_provider_name: 'cloud-a' };

async function suspected(
  images: Partial<ImageStore>,
  of: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const config = aProvider('cloud-a', ['debian']);
  const list: ImageStore['list'] = async () => [{ externalId: 'image-1', name: 'debian-1', tags: { ...tags, ...of } }];
  const provider = { config, kind: 'images', images: { list, ...images } };
  const context = {
    clock: new FakeClock(),
    treeId: { read: async () => 'tree' },
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

it.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
  ['this tree', { nodepool_tree_id: 'tree' }, ['image-1']],
  ['another tree with a provider of the same name', { nodepool_tree_id: 'other' }, []],
  ['another provider in the same account', { nodepool_provider_name: 'cloud-b' }, []],
])('images of %s are looked for or left alone', async (_, of, expected) => {
  expect(await suspected({}, of)).toEqual(expected);
});
