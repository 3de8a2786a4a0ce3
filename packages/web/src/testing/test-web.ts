import { createHash } from 'node:crypto';
import type { Config, TokenScope } from '@nodepool/config';
import { aConfig, aDiskimage, type ConfigParts } from '@nodepool/config/testing';
import type { PoolComponent } from '@nodepool/model';
import { type Clock, silentLogger } from '@nodepool/runtime';
import { FakeClock, recordLog, seededRandom } from '@nodepool/runtime/testing';
import type { Store, StoreCaches } from '@nodepool/store';
import { type MemoryStore, openMemoryStore } from '@nodepool/store/memory';
import type { FastifyInstance } from 'fastify';
import { buildWebApp, type WebAppOptions } from '../server/web-app.js';

/** Tokens by the scope that they have. */
export const tokens: Readonly<Record<TokenScope, string>> = {
  read: 'npt_read',
  lease: 'npt_lease',
  operate: 'npt_operate',
  admin: 'npt_admin',
};

/** The header of a call by the holder of a scope. */
export function as(scope: TokenScope): { readonly authorization: string } {
  return { authorization: `Bearer ${tokens[scope]}` };
}

export interface TestWeb extends AsyncDisposable {
  readonly server: FastifyInstance;
  readonly options: WebAppOptions;
  readonly store: Store;
  readonly caches: StoreCaches;
  /** The tree under the store. */
  readonly zk: MemoryStore['zk'];
  readonly clock: FakeClock;
  readonly log: ReturnType<typeof recordLog>;
}

/** The whole server, without a port, on a store in memory; image `debian` is configured. */
export async function openTestWeb(
  overrides: Partial<WebAppOptions> & {
    readonly webapp?: ConfigParts['webapp'];
    /** Makes what a plugin of the test needs. */
    readonly beforeOpening?: (parts: Pick<TestWeb, 'store' | 'caches' | 'clock'>) => Promise<void>;
  } = {},
): Promise<TestWeb> {
  const clock = new FakeClock();
  const random = seededRandom(1);
  const { store, zk } = openMemoryStore({ clock, random });
  const caches = await store.openCaches({ resourcesOf: () => ({ instances: 1 }) });
  const log = recordLog();
  const { webapp, beforeOpening, ...rest } = overrides;
  await beforeOpening?.({ store, caches, clock });
  const options = webOptions({ clock, store, caches, webapp, log });
  const server = await buildWebApp({ ...options, ...rest });
  return {
    server,
    options,
    store,
    caches,
    zk,
    clock,
    log,
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await caches[Symbol.asyncDispose]();
    },
  };
}

export function webOptions(parts: {
  readonly clock: Clock;
  readonly store: Store;
  readonly caches: StoreCaches;
  readonly webapp?: Config['webapp'] | undefined;
  readonly log?: WebAppOptions['log'];
}): WebAppOptions {
  const { clock, store, caches, webapp, log = silentLogger } = parts;
  const config = aConfig({
    webapp: webapp ?? aWebapp(),
    labels: [{ name: 'small', minReady: 1 }],
    diskimages: [aDiskimage()],
  });
  return {
    config: { current: () => config, onChange: () => ({ [Symbol.dispose]: () => undefined }) },
    store,
    caches,
    clock,
    random: seededRandom(2),
    log,
    version: '1.2.3',
    providerFacts: () => [],
    isReady: () => true,
  };
}

/** The web server's part of the configuration, with a token for each scope. */
export function aWebapp(overrides: Partial<Config['webapp']> = {}): Config['webapp'] {
  return {
    port: 0,
    listenAddress: '127.0.0.1',
    readAccess: 'open',
    tls: undefined,
    trustedProxies: [],
    readsPerSecond: 100,
    changesPerSecond: 10,
    tokens: (['read', 'lease', 'operate', 'admin'] as const).map((scope) => ({
      name: scope,
      sha256: createHash('sha256').update(tokens[scope]).digest('hex'),
      scopes: [scope],
    })),
    ...overrides,
  };
}

export function aPool(overrides: Partial<PoolComponent> = {}): PoolComponent {
  return {
    kind: 'pool',
    hostname: 'nl01',
    state: 'running',
    version: null,
    modelApi: 0,
    id: `nl01-PoolWorker.cloud-a-main-${'0'.repeat(32)}`,
    name: 'main',
    providerName: 'cloud-a',
    supportedLabels: ['small'],
    priority: 100,
    paused: false,
    ...overrides,
  };
}
