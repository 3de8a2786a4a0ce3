import { readFile } from 'node:fs/promises';
import { silentLogger, systemClock, systemRandom } from '@nodepool/runtime';
import { openStore, type Store, type StoreCaches } from '@nodepool/store';
import { connect, type ZooKeeper } from '@nodepool/zookeeper';
import { parse } from 'yaml';

/** A view of the running system, kept current by watches. */
export interface World extends AsyncDisposable {
  readonly store: Store;
  readonly caches: StoreCaches;
  /** Resolves with what `look` returns as soon as that is not undefined; looks again after every change. */
  until<T>(what: string, look: () => T | undefined, timeoutMs: number, signal: AbortSignal): Promise<T>;
}

/** Connects to the ZooKeeper that `nodepool standalone` has written into its data directory. */
export async function openWorld(zooKeeperFile: string, signal: AbortSignal): Promise<World> {
  const zk = connect({ servers: await readServer(zooKeeperFile) });
  await zk.connected(signal);
  const store = openStore({ zk, clock: systemClock, random: systemRandom, log: silentLogger, identifier: 'demo' });
  const caches = await store.openCaches({ resourcesOf: () => ({}), signal });
  return {
    store,
    caches,
    until: (what, look, timeoutMs, stop) =>
      untilSeen(caches, what, look, AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)])),
    [Symbol.asyncDispose]: () => closeAll(caches, zk),
  };
}

async function closeAll(caches: StoreCaches, zk: ZooKeeper): Promise<void> {
  await caches[Symbol.asyncDispose]();
  await zk.close();
}

async function readServer(file: string): Promise<string> {
  const secure = parse(await readFile(file, 'utf8')) as { 'zookeeper-servers': { host: string; port: number }[] };
  const [server] = secure['zookeeper-servers'];
  if (server === undefined) throw new Error(`${file} names no server`);
  return `${server.host}:${server.port}`;
}

function untilSeen<T>(caches: StoreCaches, what: string, look: () => T | undefined, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const watches: Disposable[] = [];
    const finish = (settle: () => void): void => {
      for (const watch of watches) watch[Symbol.dispose]();
      signal.removeEventListener('abort', giveUp);
      settle();
    };
    const giveUp = (): void => finish(() => reject(new Error(`gave up waiting for ${what}`, { cause: signal.reason })));
    const check = (): void => {
      const seen = look();
      if (seen !== undefined) finish(() => resolve(seen));
    };
    signal.addEventListener('abort', giveUp, { once: true });
    watches.push(caches.nodes.onChange(check), caches.requests.onChange(check), caches.images.onChange(check));
    if (signal.aborted) giveUp();
    else check();
  });
}
