import { isOver, type Lease, type Node } from '@nodepool/model';
import { settle } from '@nodepool/runtime/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { leaseComment } from './machines.js';
import { ci, LeaseWorld, type TestKeeper } from './testing/lease-world.js';

type Deed =
  | { readonly kind: 'ask'; readonly key: number; readonly machines: number }
  | {
      readonly kind: 'fulfil' | 'fail' | 'extend' | 'release' | 'drop-request' | 'delete-machine';
      readonly which: number;
    }
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'cut'; readonly keeper: number; readonly when: 'before' | 'after' }
  | { readonly kind: 'kill'; readonly keeper: number }
  | { readonly kind: 'start' };

const which = fc.nat(9);
const deeds: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('ask'), key: fc.nat(3), machines: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'fulfil',
        'fulfil',
        'fulfil',
        'fail',
        'extend',
        'release',
        'drop-request',
        'delete-machine',
      ),
      which,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass'), seconds: fc.nat(40) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('cut'), keeper: which, when: fc.constantFrom('before', 'after') }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill'), keeper: which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('start') }) },
) as fc.Arbitrary<Deed>;

const ttlSec = 60;

class Story {
  readonly world = new LeaseWorld();
  readonly #keepers: TestKeeper[] = [];

  async begin(): Promise<void> {
    await this.world.pool();
    await this.start();
  }

  async start(): Promise<void> {
    this.#keepers.push(await this.world.keeper(this.#keepers.length * 1_000));
  }

  async do(deed: Deed): Promise<void> {
    const keeper = pick(this.#keepers, 'keeper' in deed ? deed.keeper : 0);
    switch (deed.kind) {
      case 'ask':
        await quietly(
          keeper?.service.ask(ci, { labels: Array(deed.machines).fill('small'), ttlSec }, `key-${deed.key}`),
        );
        break;
      case 'pass':
        await this.world.clock.advance(deed.seconds * 1_000);
        break;
      case 'cut':
        keeper?.zk.failNext('multi', deed.when);
        break;
      case 'kill':
        // The last one stays: somebody has to bring things to an end.
        if (keeper !== undefined && this.#keepers.length > 1) {
          this.#keepers.splice(this.#keepers.indexOf(keeper), 1);
          await keeper.kill();
        }
        break;
      case 'start':
        if (this.#keepers.length < 3) await this.start();
        break;
      default:
        await this.#toLease(deed.kind, deed.which, keeper);
    }
    await settle();
  }

  async #toLease(kind: string, index: number, keeper: TestKeeper | undefined): Promise<void> {
    const lease = pick(await this.leases(), index);
    if (lease === undefined || keeper === undefined) return;
    if (kind === 'extend') await quietly(keeper.service.extend(ci, lease.id));
    if (kind === 'release') await quietly(keeper.service.release(ci, lease.id));
    if (kind === 'drop-request') await this.world.store.requests.remove(lease.requestId ?? '');
    if (kind === 'delete-machine') await this.#delete(pick(lease.nodes, index));
    const request = (await this.world.requests()).find(({ id }) => id === lease.requestId);
    if (request?.state !== 'requested') return;
    if (kind === 'fulfil') await this.world.fulfil(request.id);
    if (kind === 'fail') await this.world.fail(request.id);
  }

  async #delete(id: string | undefined): Promise<void> {
    const held = id === undefined ? undefined : await this.world.store.nodes.lock(id);
    await held?.updateAndRelease({ state: 'deleting' });
  }

  async leases(): Promise<readonly Lease[]> {
    await using cache = await this.world.store.leases.watch();
    return Array.from(cache.all(), ({ record }) => record).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** What must hold at every moment. */
  async check(): Promise<void> {
    const [leases, nodes, requests] = [await this.leases(), await this.world.nodes(), await this.world.requests()];
    const named = requests.map(({ requestorData }) => JSON.stringify(requestorData));
    expect(new Set(named).size, 'one request for each lease').toBe(named.length);
    for (const lease of leases.filter(({ state }) => state === 'active')) {
      const machines = machinesOf(lease, nodes);
      for (const machine of machines) {
        expect(endOf(machine), 'no machine ends before its lease').toBeGreaterThanOrEqual(lease.expiresSec);
      }
    }
    for (const lease of leases) {
      for (const machine of machinesOf(lease, nodes)) {
        const latest = this.world.clock.now() / 1000 + ttlSec + 1;
        expect(endOf(machine), 'no machine is kept for longer than the time of a lease').toBeLessThanOrEqual(latest);
      }
    }
  }

  /** Nobody does anything any more: everything must come back within the time of a lease. */
  async end(): Promise<void> {
    await this.world.clock.advance((ttlSec + 20) * 1_000);
    const [leases, nodes, requests] = [await this.leases(), await this.world.nodes(), await this.world.requests()];
    expect(
      leases.filter((lease) => !isOver(lease)),
      'leases that are not over',
    ).toEqual([]);
    expect(
      nodes.filter(({ state }) => state === 'hold'),
      'machines that are still held',
    ).toEqual([]);
    expect(requests, 'requests that nobody waits for').toEqual([]);
  }
}

function machinesOf(lease: Lease, nodes: readonly Node[]): readonly Node[] {
  return nodes.filter(({ state, comment }) => state === 'hold' && comment === leaseComment(lease));
}

function endOf({ stateTimeSec, holdExpirationSec }: Node): number {
  return stateTimeSec + (holdExpirationSec ?? Number.POSITIVE_INFINITY);
}

function pick<T>(all: readonly T[], index: number): T | undefined {
  return all.length === 0 ? undefined : all[index % all.length];
}

/** A call that is refused, or whose connection is cut, is a story too. */
async function quietly(call: Promise<unknown> | undefined): Promise<void> {
  await call?.catch(() => undefined);
}

it('nothing that was lent is lost, whatever happens in whatever order', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deeds, { minLength: 5, maxLength: 30 }), async (story) => {
      const telling = new Story();
      await using _world = telling.world;
      await telling.begin();
      for (const deed of story) {
        await telling.do(deed);
        await telling.check();
      }
      await telling.end();
    }),
    { numRuns: Number(process.env['LEASE_STORIES'] ?? 40), seed: Number(process.env['LEASE_SEED'] ?? 11) },
  );
});
