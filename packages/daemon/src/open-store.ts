import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ZooKeeperConfig } from '@nodepool/config';
import { type Clock, type Logger, type Random, Wakeup } from '@nodepool/runtime';
import { openStore, type Store } from '@nodepool/store';
import { connect, parseConnectString, type TlsOptions, type ZooKeeperClient } from '@nodepool/zookeeper';
import { DaemonError } from './errors.js';

/** Time between two warnings that no server answers, milliseconds. */
const warnIntervalMs = 10_000;

export interface OpenStoreOptions {
  readonly zookeeper: ZooKeeperConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Who we are, in the data of our lock children. */
  readonly identifier: string;
  /** Gives the wait for the first connection up. */
  readonly signal: AbortSignal;
}

/** A store with the session it stands on. Disposing it ends the session: what is ephemeral goes at once. */
export interface DaemonStore extends AsyncDisposable {
  readonly zk: ZooKeeperClient;
  readonly store: Store;
  /** Takes a changed configuration over as far as that goes without a new session; says in the log what does not. */
  reconfigure(zookeeper: ZooKeeperConfig): void;
}

/**
 * Connects, however long it takes, with a warning every 10 s while no server answers, then and later.
 *
 * @throws DaemonError `NP_ZOOKEEPER_TLS`; the signal's reason.
 */
export async function openDaemonStore(options: OpenStoreOptions): Promise<DaemonStore> {
  const { clock, random, identifier, signal } = options;
  const log = options.log.child({}, 'nodepool.zk.ZooKeeper');
  const tls = await readTls(options.zookeeper);
  const zk = connect({
    servers: { servers: addressesOf(options.zookeeper), chroot: options.zookeeper.chroot },
    sessionTimeoutMs: options.zookeeper.sessionTimeoutMs,
    log: options.log.child({}, 'nodepool.zk.ZooKeeperClient'),
    ...(tls !== undefined && { tls }),
  });
  const store = openStore({ zk, clock, random, log, identifier });
  const closing = new AbortController();
  const complaints = complainWhileCut(store, clock, log, closing.signal);
  const close = async (): Promise<void> => {
    closing.abort();
    await complaints;
    await zk.close();
  };
  try {
    await store.session.connected(signal);
  } catch (error) {
    await close();
    throw error;
  }
  let current = options.zookeeper;
  return {
    zk,
    store,
    reconfigure: (next) => {
      applyChanges(zk, current, next, log);
      current = next;
    },
    [Symbol.asyncDispose]: close,
  };
}

function addressesOf(config: ZooKeeperConfig) {
  return parseConnectString(config.servers.join(',')).servers;
}

/** The authorities count, not the server's name, as in the original: certificates there may carry any. */
async function readTls({ tls }: ZooKeeperConfig): Promise<TlsOptions | undefined> {
  if (tls === undefined) return undefined;
  const read = async (path: string): Promise<Buffer> => {
    try {
      return await readFile(path);
    } catch (error) {
      throw new DaemonError('NP_ZOOKEEPER_TLS', path, { cause: error });
    }
  };
  const [cert, key, ca] = await Promise.all([read(tls.cert), read(tls.key), read(tls.ca)]);
  return { cert, key, ca, anyServerName: true };
}

/** Warns as long as there is no connection, until `signal` aborts; costs nothing while there is one. */
async function complainWhileCut(store: Store, clock: Clock, log: Logger, signal: AbortSignal): Promise<void> {
  const { session } = store;
  const wakeup = new Wakeup(clock);
  using _listening = session.onState(() => wakeup.mark());
  while (!signal.aborted && session.state !== 'closed') {
    const isCut = session.state !== 'connected';
    const sinceMs = clock.monotonicMs();
    await wakeup.next(isCut ? warnIntervalMs : undefined, signal);
    const isOver = clock.monotonicMs() - sinceMs >= warnIntervalMs;
    if (isCut && isOver && !signal.aborted) log.warn({ state: session.state }, 'waited for ZooKeeper in vain');
  }
}

function applyChanges(zk: ZooKeeperClient, before: ZooKeeperConfig, after: ZooKeeperConfig, log: Logger): void {
  if (!isDeepStrictEqual(before.servers, after.servers)) {
    zk.setServers(addressesOf(after));
    log.info({ servers: after.servers }, 'changed the list of ZooKeeper servers');
  }
  const fixed = (['chroot', 'sessionTimeoutMs', 'tls'] as const).filter(
    (key) => !isDeepStrictEqual(before[key], after[key]),
  );
  if (fixed.length > 0) log.warn({ settings: fixed }, 'kept ZooKeeper settings that change with a restart only');
}
