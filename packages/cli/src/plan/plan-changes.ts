import type { Config } from '@nodepool/config';
import type { ImageUpload } from '@nodepool/model';
import type { ImageSnapshot, Snapshot } from '../snapshot.js';

/** One thing that daemons with a configuration would do, or leave undone. */
export interface Change {
  readonly action: 'build' | 'upload' | 'launch' | 'remove' | 'strand' | 'refuse';
  readonly what: string;
  readonly why: string;
}

/**
 * What follows from a configuration for the tree as it is, if no daemon has another.
 *
 * Source: docs/compatibility/builder.md sections on cleaning up, docs/compatibility/launcher.md section 9.
 */
export function planChanges(
  config: Config,
  snapshot: Pick<Snapshot, 'images' | 'nodes' | 'requests'>,
): readonly Change[] {
  return [
    ...buildChanges(config, snapshot.images),
    ...uploadChanges(config, snapshot.images),
    ...snapshot.images.flatMap((image) => removals(config, image)),
    ...stockChanges(config, snapshot),
    ...strandedNodes(config, snapshot),
    ...refusedRequests(config, snapshot),
  ];
}

function buildChanges({ diskimages }: Config, images: readonly ImageSnapshot[]): readonly Change[] {
  return [...diskimages.values()].flatMap(({ name, pause }) => {
    const known = images.find(({ image }) => image === name);
    const isReady = known?.builds.some(({ state }) => state === 'ready') === true;
    if (isReady || pause || known?.paused === true) return [];
    return [{ action: 'build' as const, what: `image ${name}`, why: 'no build of it is ready' }];
  });
}

function uploadChanges({ providers }: Config, images: readonly ImageSnapshot[]): readonly Change[] {
  return [...providers.values()].flatMap((provider) =>
    provider.diskimages.flatMap(({ name, pause }) => {
      const uploads = images.find(({ image }) => image === name)?.uploads ?? [];
      if (pause || uploads.some((each) => each.provider === provider.name && each.state === 'ready')) return [];
      return [
        { action: 'upload' as const, what: `image ${name} to ${provider.name}`, why: 'no upload is ready there' },
      ];
    }),
  );
}

function removals(config: Config, { image, builds, uploads }: ImageSnapshot): readonly Change[] {
  const isKnown = config.diskimages.has(image);
  const gone = isKnown ? [] : builds;
  return [
    ...gone.map(({ id }) => ({
      action: 'remove' as const,
      what: `build ${image}-${id}`,
      why: 'the image is not configured',
    })),
    ...uploads.flatMap((upload) => uploadRemoval(config, upload)),
  ];
}

function uploadRemoval({ providers, diskimages }: Config, upload: ImageUpload): readonly Change[] {
  const what = `upload ${upload.id} of ${upload.image}-${upload.buildId} in ${upload.provider}`;
  const provider = providers.get(upload.provider);
  if (provider === undefined) {
    const why = 'its provider is not configured: empty its list diskimages first, and remove it later';
    return [{ action: 'strand', what, why }];
  }
  const isListed = diskimages.has(upload.image) && provider.diskimages.some(({ name }) => name === upload.image);
  return isListed ? [] : [{ action: 'remove', what, why: 'its provider does not list the image' }];
}

function stockChanges({ labels }: Config, { nodes }: Pick<Snapshot, 'nodes'>): readonly Change[] {
  return [...labels.values()].flatMap(({ name, minReady }) => {
    const ready = nodes.filter(
      ({ type, state, allocatedTo }) => type.includes(name) && state === 'ready' && allocatedTo === null,
    ).length;
    if (ready >= minReady) return [];
    return [
      {
        action: 'launch' as const,
        what: `${minReady - ready} of label ${name}`,
        why: `min-ready is ${minReady}, ready are ${ready}`,
      },
    ];
  });
}

function strandedNodes({ providers }: Config, { nodes }: Pick<Snapshot, 'nodes'>): readonly Change[] {
  return nodes
    .filter(({ provider }) => provider === null || !providers.has(provider))
    .map(({ id, provider, state }) => ({
      action: 'strand' as const,
      what: `node ${id} (${state})`,
      why: `provider ${provider} is not configured: nobody would delete it`,
    }));
}

function refusedRequests({ providers }: Config, { requests }: Pick<Snapshot, 'requests'>): readonly Change[] {
  const pools = [...providers.values()].flatMap((provider) => provider.pools);
  return requests
    .filter(({ state }) => state === 'requested')
    .filter(
      ({ nodeTypes }) =>
        !pools.some(({ labels }) => nodeTypes.every((type) => labels.some(({ name }) => name === type))),
    )
    .map(({ id, nodeTypes }) => ({
      action: 'refuse' as const,
      what: `request ${id}`,
      why: `no pool offers ${[...new Set(nodeTypes)].join(' and ')}`,
    }));
}
