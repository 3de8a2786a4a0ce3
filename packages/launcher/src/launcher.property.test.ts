import { ProviderError } from '@nodepool/driver-api';
import type { NodeRequest } from '@nodepool/model';
import { settle } from '@nodepool/runtime/testing';
import type { HeldNode } from '@nodepool/store';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aConfig, aPool, aProvider } from './testing/a-config.js';
import { type RunningTestLauncher, World } from './testing/world.js';

const maxServers = 4;

const config = aConfig({
  labels: [{ name: 'small', minReady: 1 }, { name: 'large' }],
  providers: [
    aProvider({
      'launch-retries': 2,
      fake: { 'boot-ms': { min: 0, max: 3_000 }, 'delete-ms': { min: 0, max: 2_000 } },
      pools: [aPool({ 'max-servers': maxServers, 'availability-zones': ['zone-1', 'zone-2'] })],
    }),
  ],
});

type Step =
  | { readonly kind: 'request'; readonly labels: readonly string[] }
  | { readonly kind: 'cancel' | 'take' | 'release'; readonly which: number }
  | {
      readonly kind: 'fail';
      readonly method: 'launch' | 'checkLaunch' | 'terminate';
      readonly code: 'launch-failed' | 'quota' | 'capacity' | 'transient';
    }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'cut' | 'expire' | 'crash' | 'stop' };

const label = fc.constantFrom('small', 'large');
const which = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('request' as const),
      labels: fc.array(label, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('take' as const), which }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('release' as const), which }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('fail' as const),
      method: fc.constantFrom('launch' as const, 'checkLaunch' as const, 'terminate' as const),
      code: fc.constantFrom('launch-failed' as const, 'quota' as const, 'capacity' as const, 'transient' as const),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 5_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('cut' as const, 'expire' as const, 'crash' as const, 'stop' as const),
    }),
  },
);

/** Plays one history, checking after every step what must hold at any time. */
class History {
  readonly #world: World;
  #launcher: RunningTestLauncher;
  readonly #requests: string[] = [];
  readonly #inUse: HeldNode[] = [];

  constructor(world: World, launcher: RunningTestLauncher) {
    this.#world = world;
    this.#launcher = launcher;
  }

  async play(next: Step): Promise<void> {
    switch (next.kind) {
      case 'request':
        this.#requests.push(await this.#world.request({ nodeTypes: next.labels }));
        break;
      case 'cancel':
        await this.#cancel(next.which);
        break;
      case 'take':
        await this.#take(next.which);
        break;
      case 'release':
        await this.#release(next.which);
        break;
      case 'fail':
        this.#world.cloud.failNext(next.method, new ProviderError(next.code, 'made to fail'));
        break;
      case 'pass':
        await this.#world.clock.advance(next.ms);
        break;
      default:
        await this.#disturb(next.kind);
    }
    await settle(3);
    await this.#check();
  }

  /** The client is done with everything; two minutes later all must be in order. */
  async finish(): Promise<void> {
    for (let round = 0; round < 12 && (this.#requests.length > 0 || this.#inUse.length > 0); round += 1) {
      await this.#world.clock.advance(10_000);
      for (let left = this.#requests.length; left > 0; left -= 1) await this.#take(0);
      for (let left = this.#inUse.length; left > 0; left -= 1) await this.#release(0);
      await this.#check();
    }
    expect(this.#requests, 'requests without an end').toEqual([]);
    await this.#world.clock.advance(120_000);
    const nodes = await this.#world.nodes();
    expect(
      nodes.filter(({ state }) => state !== 'ready'),
      'nodes that are stuck',
    ).toEqual([]);
    expect(
      nodes.filter(({ allocatedTo }) => allocatedTo !== null),
      'nodes promised to nobody',
    ).toEqual([]);
    const instances = (await this.#world.cloud.instances()).map(({ externalId }) => externalId);
    expect(instances.sort(), 'instances and records').toEqual(nodes.map(({ externalId }) => externalId).sort());
  }

  async #cancel(place: number): Promise<void> {
    const [id] = this.#requests.splice(place % Math.max(1, this.#requests.length), 1);
    if (id !== undefined) await this.#world.store.requests.remove(id);
  }

  async #take(place: number): Promise<void> {
    const id = this.#requests[place % Math.max(1, this.#requests.length)];
    const request = id === undefined ? undefined : await this.#world.requestNow(id);
    if (id === undefined || request === undefined) return;
    if (request.state !== 'fulfilled' && request.state !== 'failed') {
      this.#requests.push(...this.#requests.splice(this.#requests.indexOf(id), 1));
      return;
    }
    this.#requests.splice(this.#requests.indexOf(id), 1);
    if (request.state === 'fulfilled') this.#inUse.push(...(await this.#world.take(id)));
    else await this.#world.store.requests.remove(id);
  }

  async #release(place: number): Promise<void> {
    const [held] = this.#inUse.splice(place % Math.max(1, this.#inUse.length), 1);
    await held?.updateAndRelease({ state: 'used' });
  }

  async #disturb(how: 'cut' | 'expire' | 'crash' | 'stop'): Promise<void> {
    switch (how) {
      case 'cut':
        this.#launcher.zk.suspend();
        await settle(2);
        this.#launcher.zk.resume();
        return;
      case 'expire':
        this.#launcher.zk.expire();
        return;
      case 'crash':
        await this.#launcher.kill();
        break;
      case 'stop': {
        const stopped = this.#launcher.stop({ graceful: true });
        await this.#world.clock.advance(60_000);
        await stopped;
      }
    }
    this.#launcher = await this.#world.launcher(config);
  }

  async #check(): Promise<void> {
    const { requests } = await this.#world.store.requests.list();
    const nodes = new Map((await this.#world.nodes()).map((node) => [node.id, node]));
    const promised = requests.flatMap(({ record }) => record.nodes);
    expect(new Set(promised).size, 'nodes promised twice').toBe(promised.length);
    for (const { record } of requests) if (record.state === 'fulfilled') this.#checkFulfilled(record, nodes);
    expect(nodes.size, 'nodes beyond max-servers').toBeLessThanOrEqual(maxServers);
  }

  #checkFulfilled(request: NodeRequest, nodes: ReadonlyMap<string, { readonly type: readonly string[] }>): void {
    const types = request.nodes.map((id) => nodes.get(id)?.type[0]);
    expect(types, 'nodes in the order of the labels').toEqual(request.nodeTypes);
  }
}

describe('whatever happens, in whatever order', () => {
  it('no node has two owners, every request ends, the limit is kept and nothing leaks', {
    timeout: 300_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        await using world = new World();
        const history = new History(world, await world.launcher(config));
        for (const next of steps) await history.play(next);
        await history.finish();
      }),
      { numRuns: 60 },
    );
  });
});
