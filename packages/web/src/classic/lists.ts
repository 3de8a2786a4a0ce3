import {
  buildListing,
  type ImageStatus,
  imageStatusListing,
  type Listing,
  nodeListing,
  requestListing,
  uploadListing,
} from '@nodepool/listings';
import type { ImageCache, ImageStore, StoreCaches } from '@nodepool/store';

export interface ListDeps {
  readonly caches: Pick<StoreCaches, 'nodes' | 'requests' | 'images' | 'components'>;
  readonly images: Pick<ImageStore, 'buildRequestState'>;
  readonly now: () => number;
}

/** Query parameters that choose rows. */
export interface ListQuery {
  readonly node_id?: string;
}

export type MakeList = (deps: ListDeps, query: ListQuery) => Listing | Promise<Listing>;

/** The lists by path. Source: docs/compatibility/interfaces.md section 3. */
export const lists: Readonly<Record<string, MakeList>> = {
  '/node-list': nodeList,
  '/request-list': ({ caches }) => requestListing([...caches.requests.all()]),
  '/image-list': ({ caches: { images } }) => uploadListing([...everyUpload(images)]),
  '/dib-image-list': buildList,
  '/image-status': statusList,
  '/label-list': labelList,
};

function nodeList({ caches: { nodes }, now }: ListDeps, query: ListQuery): Listing {
  const { node_id: id } = query;
  const wanted = id === undefined ? [...nodes.all()] : [nodes.get(id)].filter((node) => node !== undefined);
  return nodeListing(wanted, { detail: true, nowMs: now() });
}

function buildList({ caches: { images } }: ListDeps): Listing {
  const names = [...images.images()];
  const builds = names.flatMap((image) => Array.from(images.builds(image), ({ record }) => record));
  return buildListing(builds, new Set(names.filter((image) => images.isPaused(image))));
}

async function statusList({ caches: { images }, images: store }: ListDeps): Promise<Listing> {
  const statuses = Array.from(images.images(), async (image): Promise<ImageStatus> => {
    const buildRequestedAtMs = images.buildRequestedAtMs(image);
    // Whether it is being worked on is not in the cache; few images are asked for at a time.
    const buildRequest = buildRequestedAtMs === undefined ? undefined : await store.buildRequestState(image);
    return { image, paused: images.isPaused(image), buildRequest, buildRequestedAtMs };
  });
  return imageStatusListing(await Promise.all(statuses));
}

function labelList({ caches: { components } }: ListDeps): Listing {
  const labels = new Set(Array.from(components.pools(), ({ supportedLabels }) => supportedLabels).flat());
  return { columns: [{ key: 'label', header: 'Label' }], rows: [...labels].sort().map((label) => ({ label })) };
}

function* everyUpload(images: ImageCache) {
  for (const image of images.images()) for (const { record } of images.uploads(image)) yield record;
}
