import type { Node, Resources } from '@nodepool/model';
import type { Clock, Logger } from '@nodepool/runtime';
import { type ChangeListener, type Inclusion, TreeCache, type TreeCacheOptions } from '@nodepool/zookeeper';
import { lockName, nodeIdOf, nodePartOf, nodePath, parseImagePath, roots } from '../paths.js';
import type { CacheBacklog, Store, StoreCaches } from '../types.js';
import type { Writer } from '../writer.js';
import { WatchedComponents } from './component-cache.js';
import { WatchedImages } from './image-cache.js';
import { WatchedNodes } from './node-cache.js';
import { WatchedRequests } from './request-cache.js';

export interface OpenCachesOptions {
  readonly writer: Writer;
  readonly log: Logger;
  readonly resourcesOf: (node: Node) => Resources;
  readonly lagMs: number;
  readonly clock: Clock;
  readonly only: Parameters<Store['openCaches']>[0]['only'];
  readonly signal: AbortSignal | undefined;
}

const cacheNames = { nodes: 'node', requests: 'request', images: 'image', components: 'component' } as const;

/** Watches the four trees, or some of them; resolves when all that are wanted were walked. */
export async function openCaches(options: OpenCachesOptions): Promise<StoreCaches> {
  const { writer, log, resourcesOf, only, signal } = options;
  const nodes = new WatchedNodes(resourcesOf);
  const requests = new WatchedRequests();
  const images = new WatchedImages();
  const components = new WatchedComponents();
  const attached: Disposable[] = [];
  const watch = (
    root: string,
    onChange: ChangeListener,
    more: Omit<TreeCacheOptions, 'root' | 'onChange' | 'onError'> = {},
  ): TreeCache => {
    const onError = (error: unknown, path: string): void => log.warn({ path, error }, 'znode not read');
    const tree = new TreeCache(writer.zk, { root, onChange, onError, ...more });
    attached.push(writer.attach(tree, root));
    return tree;
  };
  const lagging = lagOf(options);
  const watches = {
    nodes: () =>
      watch(roots.nodes, (...change) => nodes.apply(...change), {
        include: includeOfNodes,
        childrenOf: (path) => (path === roots.nodes ? undefined : lockChildren),
        goesAfter: guardedBy,
        ...lagging(() => true),
      }),
    requests: () =>
      watch(
        roots.requests,
        (path, entry) => requests.apply(path, entry),
        // A new request is waited for; what becomes of one that somebody has taken can be read a little later.
        lagging((_path, type) => type === 'data-changed'),
      ),
    images: () => watch(roots.images, (path, entry) => images.apply(path, entry), { include: includeOfImages }),
    components: () => watch(roots.components, (path, entry) => components.apply(path, entry)),
  };
  const wanted = only ?? (['nodes', 'requests', 'images', 'components'] as const);
  const named = wanted.map((name) => ({ cache: cacheNames[name], tree: watches[name]() }));
  const trees = named.map(({ tree }) => tree);
  const close = async (): Promise<void> => {
    for (const attachment of attached) attachment[Symbol.dispose]();
    await Promise.all(trees.map((tree) => tree[Symbol.asyncDispose]()));
  };
  try {
    await Promise.all(trees.map((tree) => tree.ready(signal)));
  } catch (error) {
    await close();
    throw error;
  }
  const backlogs = (): readonly CacheBacklog[] => named.map(({ cache, tree }) => ({ cache, ...tree.backlog }));
  return { nodes, requests, images, components, backlogs, [Symbol.asyncDispose]: close };
}

type LagApplies = NonNullable<TreeCacheOptions['lag']>['applies'];

/** On the store's clock, which a test advances. */
function lagOf({ lagMs, clock }: OpenCachesOptions): (applies: LagApplies) => Pick<TreeCacheOptions, 'lag' | 'timers'> {
  if (lagMs === 0) return () => ({});
  const timers = { sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal) };
  return (applies) => ({ lag: { ms: lagMs, applies }, timers });
}

/** Of contenders for a node's lock only their number matters. */
function includeOfNodes(path: string): Inclusion {
  switch (nodePartOf(path)) {
    case 'record':
      return 'data';
    case 'lock':
    case 'contender':
      return 'name';
    default:
      return 'skip';
  }
}

/** All that a node has beneath it. */
const lockChildren = [lockName];

/** A node is shown unlocked only when what its holder wrote last is known. */
function guardedBy(path: string): string | undefined {
  return nodePartOf(path) === 'contender' ? nodePath(nodeIdOf(path)) : undefined;
}

/** Locks of images are asked for by those who need them; what stands between records holds nothing to read. */
function includeOfImages(path: string): Inclusion {
  if (path.includes(`/${lockName}`, roots.images.length) && path.split('/').includes(lockName)) return 'skip';
  return path === roots.images || parseImagePath(path) !== undefined ? 'data' : 'name';
}
