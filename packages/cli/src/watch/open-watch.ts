import { historyPath, roots, type Store, type StoreCaches } from '@nodepool/store';
import { type Inclusion, TreeCache, type ZooKeeper } from '@nodepool/zookeeper';
import type { Source, Watched } from '../display.js';

/** A source that tells when to look again. */
export interface OpenWatch extends AsyncDisposable {
  readonly source: Source;
}

export interface WatchedStore {
  readonly store: Store;
  readonly zk: ZooKeeper;
}

/**
 * Watches what concerns a display; resolves when everything has been read for the first time. Nodes and requests, which
 * may be many, are read from the caches from then on.
 *
 * @param onChange called after each change, and when the connection is lost or found again.
 */
export async function openWatch(
  { store, zk }: WatchedStore,
  watched: readonly Watched[],
  onChange: () => void,
  signal: AbortSignal,
): Promise<OpenWatch> {
  const names = watched.filter(isTree);
  const resources = new AsyncDisposableStack();
  try {
    const caches = resources.use(await store.openCaches({ resourcesOf: () => ({}), only: names, signal }));
    for (const name of names) resources.use(caches[name].onChange(onChange));
    const trees = watched
      .flatMap((each) => (isTree(each) ? [] : [rootOf(each)]))
      .map((root) => resources.use(new TreeCache(zk, { root, onChange, include: childrenOf(root) })));
    await Promise.all(trees.map((tree) => tree.ready(signal)));
    resources.use(store.session.onState(onChange));
    return {
      source: cachedSource(store, caches, new Set(names)),
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    };
  } catch (error) {
    await resources.disposeAsync();
    throw error;
  }
}

type Tree = 'nodes' | 'requests' | 'images' | 'components';

function isTree(watched: Watched): watched is Tree {
  return typeof watched === 'string' && watched !== 'builder-status';
}

function rootOf(watched: Exclude<Watched, Tree>): string {
  if (watched === 'builder-status') return roots.builderStatus;
  return 'path' in watched ? watched.path : historyPath(watched.historyOf);
}

/** The znode and its children, and nothing beneath. */
function childrenOf(root: string): (path: string) => Inclusion {
  const prefix = root === '/' ? root : `${root}/`;
  return (path) => (path === root || !path.slice(prefix.length).includes('/') ? 'data' : 'skip');
}

function cachedSource(store: Store, caches: StoreCaches, names: ReadonlySet<Watched>): Source {
  const { images, components, imageHistory, builderStatuses } = store;
  return {
    images,
    components,
    imageHistory,
    builderStatuses,
    nodes: names.has('nodes')
      ? { list: async () => ({ nodes: [...caches.nodes.all()], unreadable: [...caches.nodes.unreadable()] }) }
      : store.nodes,
    requests: names.has('requests')
      ? { list: async () => ({ requests: [...caches.requests.all()], unreadable: [...caches.requests.unreadable()] }) }
      : store.requests,
  };
}
