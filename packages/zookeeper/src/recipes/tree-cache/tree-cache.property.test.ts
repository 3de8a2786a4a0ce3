import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isZooKeeperError } from '../../errors.js';
import { createMemoryEnsemble, type MemorySession } from '../../memory/index.js';
import { joinPath } from '../../paths.js';
import { systemTimers } from '../../timers.js';
import type { ZooKeeper } from '../../types.js';
import { LaggingSession } from '../testing/lagging-session.js';
import type { OwnPath } from './holds.js';
import { TreeCache } from './tree-cache.js';

const root = '/tree';
const paths = ['/tree/a', '/tree/a/x', '/tree/b', '/tree/b/lock'];

/** One write: `rewrite` deletes and creates in one transaction. */
interface Write {
  readonly kind: 'create' | 'set' | 'delete' | 'sequential' | 'rewrite';
  readonly path: string;
  readonly own: boolean;
}
/** What the network does, so many messages at a time. */
interface Network {
  readonly kind: 'carry-out' | 'deliver';
  readonly count: number;
}
type Step = Write | Network | { readonly kind: 'turn' | 'cut' | 'expire' };

const write: fc.Arbitrary<Write> = fc.record({
  kind: fc.constantFrom('create', 'create', 'set', 'set', 'delete', 'sequential', 'rewrite'),
  path: fc.constantFrom(...paths),
  own: fc.boolean(),
});
const network: fc.Arbitrary<Network> = fc.record({
  kind: fc.constantFrom('carry-out', 'deliver'),
  count: fc.integer({ min: 1, max: 5 }),
});
const other = fc.record({ kind: fc.constantFrom('turn', 'turn', 'turn', 'cut', 'expire') });
const plans = fc.array(
  fc.oneof({ weight: 6, arbitrary: write }, { weight: 6, arbitrary: network }, { weight: 1, arbitrary: other }),
  { maxLength: 80, size: 'max' },
) as fc.Arbitrary<Step[]>;

async function turn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

/** A cache on a slow connection, and somebody else who writes to the same tree. */
class Scenario {
  readonly memory: MemorySession;
  readonly mine: LaggingSession;
  readonly theirs: MemorySession;
  readonly cache: TreeCache;
  /** The cache as one sees it who follows its changes. */
  readonly followed = new Map<string, string>();
  #writes = 0;

  /** @param lags reads what others change one turn later. */
  constructor(lags: boolean) {
    const ensemble = createMemoryEnsemble();
    this.memory = ensemble.connect();
    this.mine = new LaggingSession(this.memory);
    this.theirs = ensemble.connect();
    this.cache = new TreeCache(this.mine, {
      root,
      maxReads: 3,
      include: (path) => (path.includes('/lock') ? 'name' : 'data'),
      childrenOf: (path) => (path === '/tree/b' ? ['lock'] : undefined),
      lag: { ms: lags ? 1 : 0, applies: (path) => path !== '/tree/a' },
      timers: { soon: systemTimers.soon, sleep: turn },
      goesAfter: (path) => (path.endsWith('/lock') ? path.slice(0, -'/lock'.length) : undefined),
      onChange: (path, entry) => {
        if (entry === undefined) this.followed.delete(path);
        else this.followed.set(path, entry.data.toString());
      },
    });
  }

  async run(step: Step): Promise<void> {
    switch (step.kind) {
      case 'turn':
        return turn();
      case 'carry-out':
        return this.mine.carryOut(step.count);
      case 'deliver':
        return this.mine.deliver(step.count);
      case 'cut':
        this.mine.cut(() => this.memory.suspend());
        await this.theirs.set(root, Buffer.from('while away'));
        return this.memory.resume();
      case 'expire':
        this.mine.cut(() => this.memory.expire());
        await turn();
        return this.memory.renew();
      default:
        return this.#write(step);
    }
  }

  async comeToRest(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      await turn();
      quiet = (await this.mine.flush()) ? quiet + 1 : 0;
    }
  }

  /** Own writes are made and not waited for; those of others happen at once. */
  async #write({ kind, path, own }: Write): Promise<void> {
    this.#writes += 1;
    const data = Buffer.from(`${own ? 'own' : 'foreign'} ${this.#writes}`);
    const written = own ? this.#writeOwn(kind, path, data) : carryOut(this.theirs, kind, path, data);
    const settled = written.catch((error: unknown) => {
      if (!isZooKeeperError(error)) throw error;
    });
    if (!own) await settled;
  }

  async #writeOwn(kind: Write['kind'], path: string, data: Buffer): Promise<void> {
    const sequential: OwnPath = { sequential: `${root}/s-` };
    const ownPaths = kind === 'sequential' ? [sequential] : [path];
    const result = await this.cache.own(ownPaths, () => carryOut(this.mine, kind, path, data));
    if (kind === 'delete') this.cache.applyDelete(path);
    else if (kind === 'set' && result !== undefined) this.cache.applySet(path, data, result.stat);
    // What a rewrite did is not applied: the cache must find out by itself.
    else if (kind !== 'rewrite' && result !== undefined) this.cache.applyCreate(result.path, data, result.stat);
  }
}

async function carryOut(zk: ZooKeeper, kind: Write['kind'], path: string, data: Buffer) {
  switch (kind) {
    case 'create':
      return zk.create(path, data);
    case 'sequential':
      return zk.create(`${root}/s-`, data, { mode: 'persistent-sequential' });
    case 'set':
      return { path, stat: await zk.set(path, data) };
    case 'delete':
      await zk.delete(path);
      return undefined;
    case 'rewrite':
      await zk.multi([
        { op: 'delete', path },
        { op: 'create', path, data },
      ]);
      return undefined;
  }
}

async function contents(zk: ZooKeeper, path: string): Promise<Record<string, string>> {
  const { data } = await zk.get(path);
  const { children } = await zk.children(path);
  const below = await Promise.all(children.map((name) => contents(zk, joinPath(path, name))));
  return Object.assign({ [path]: path.includes('/lock') ? '' : data.toString() }, ...below);
}

describe('TreeCache', () => {
  it('ends up with what the server has, however own and foreign writes interleave', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.boolean(), plans, async (walkedFirst, lags, plan) => {
        const scenario = new Scenario(lags);
        await scenario.theirs.create(root, Buffer.from('root'));
        await scenario.theirs.create('/tree/b', Buffer.from('old'));
        if (walkedFirst) await scenario.comeToRest();

        for (const step of plan) await scenario.run(step);
        await scenario.comeToRest();
        await scenario.cache.ready();

        const cached = Object.fromEntries([...scenario.cache.entries].map(([path, { data }]) => [path, `${data}`]));
        expect(cached).toEqual(await contents(scenario.theirs, root));
        expect(Object.fromEntries(scenario.followed)).toEqual(cached);
        await scenario.cache[Symbol.asyncDispose]();
      }),
      { numRuns: 500 },
    );
  });
});
