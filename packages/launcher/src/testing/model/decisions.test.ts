import type { NodeRequest } from '@nodepool/model';
import { aRequest } from '@nodepool/model/testing';
import type { Random } from '@nodepool/runtime';
import { seededRandom } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { decideRequest, refuse, type Verdict } from '../../requests/decide.js';
import type { PoolView } from '../../requests/decline-reasons.js';
import type { RegisteredPool } from '../../requests/registered-pools.js';

const { MODEL_SEED, PROPERTY_SEED } = process.env;
const firstSeed = Number(MODEL_SEED ?? PROPERTY_SEED ?? Math.floor(Math.random() * 2 ** 31));
const wantedSteps = 100_000;
const stepsOfHistory = 250;
const labels = ['small', 'large', 'huge'] as const;
const providers = ['cloud-a', 'cloud-b'] as const;

interface Pool {
  readonly registered: RegisteredPool;
  readonly view: PoolView;
  readonly paused: boolean;
}

/** What pools decide about one request after the other, while pools come, go, pause and change. */
class Decisions {
  readonly #random: Random;
  #pools: Pool[] = [];
  #request: NodeRequest;
  #births = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#request = this.#newRequest();
    while (this.#pools.length < 3) this.#pools.push(this.#newPool());
  }

  step(): void {
    const dice = this.#below(10);
    if (dice === 0) this.#pools.push(this.#newPool());
    else if (dice === 1 && this.#pools.length > 1) this.#pools.splice(this.#below(this.#pools.length), 1);
    else if (dice === 2) this.#pause();
    else this.#decide(this.#onePool());
    if (this.#request.state !== 'requested') this.#settle();
    this.#checkSomebodysConcern();
  }

  /** Left alone, every pool looking again and again, the request is taken or fails. */
  rest(): void {
    this.#pools = this.#pools.map((pool) => this.#paused(pool, false));
    for (let round = 0; round <= this.#pools.length && this.#request.state === 'requested'; round += 1) {
      for (const pool of this.#pools) if (this.#request.state === 'requested') this.#decide(pool);
    }
    expect(this.#request.state, this.#words()).not.toBe('requested');
  }

  #decide(pool: Pool): void {
    const verdict = this.#verdict(pool);
    if (verdict.kind === 'accept') this.#accept(pool);
    if (verdict.kind === 'decline') this.#refuse(pool);
  }

  #verdict({ view, paused }: Pool): Verdict {
    return decideRequest({
      request: this.#request,
      pool: view,
      stopping: false,
      registered: this.#pools.map(({ registered }) => registered),
      labelQuota: undefined,
      tenant: undefined,
      paused,
      activeLaunches: 0,
      maxConcurrency: -1,
    });
  }

  #accept({ view }: Pool): void {
    const has = this.#request.nodeTypes.every((label) => view.labels.get(label)?.hasImage === true);
    const limit = view.limits['instances'] ?? Number.POSITIVE_INFINITY;
    expect(has && this.#request.nodeTypes.length <= limit, `accepted by ${view.id}: ${this.#words()}`).toBe(true);
    expect(this.#request.declinedBy, this.#words()).not.toContain(view.id);
    this.#request = { ...this.#request, state: 'pending' };
  }

  #refuse({ view }: Pool): void {
    const registered = this.#pools.map((pool) => pool.registered);
    const refused = refuse(this.#request, view.id, registered);
    const all = registered.every(({ id }) => refused.declinedBy.includes(id));
    expect(refused.state, this.#words()).toBe(all ? 'failed' : 'requested');
    this.#request = { ...this.#request, ...refused };
  }

  /** A launch fails, its launcher dies, or all goes well and the next request comes. */
  #settle(): void {
    const dice = this.#below(4);
    if (this.#request.state === 'pending' && dice === 0) this.#refuse(this.#onePool());
    else if (this.#request.state === 'pending' && dice === 1) this.#request = { ...this.#request, state: 'requested' };
    else this.#request = this.#newRequest();
  }

  /** While a request waits, some pool is about to do something, or waits for room of its own. */
  #checkSomebodysConcern(): void {
    if (this.#request.state !== 'requested') return;
    const verdicts = this.#pools.map((pool) => this.#verdict(pool).kind);
    const concerned = verdicts.some((kind) => kind === 'accept' || kind === 'wait' || kind === 'decline');
    expect(concerned, `${verdicts.join(', ')} about ${this.#words()}`).toBe(true);
  }

  #newPool(): Pool {
    this.#births += 1;
    const id = `pool-${this.#births}`;
    const own = labels.filter(() => this.#below(4) > 0);
    const provider = this.#oneOf(providers);
    const label = () => ({ needed: { instances: 1 }, brokenBecause: undefined, hasImage: this.#below(8) > 0 });
    const priority = this.#oneOf([50, 100, 100]);
    return {
      registered: { id, provider, labels: new Set(own), priority, paused: false },
      view: {
        id,
        provider,
        priority,
        labels: new Map(own.map((name) => [name, label()])),
        limits: { instances: this.#oneOf([0, 1, 2, 10]) },
        providerFigure: {},
      },
      paused: false,
    };
  }

  #pause(): void {
    const place = this.#below(this.#pools.length);
    this.#pools = this.#pools.map((pool, index) => (index === place ? this.#paused(pool, !pool.paused) : pool));
  }

  #paused(pool: Pool, paused: boolean): Pool {
    return { ...pool, paused, registered: { ...pool.registered, paused } };
  }

  #newRequest(): NodeRequest {
    const nodeTypes = Array.from({ length: 1 + this.#below(3) }, () => this.#oneOf([...labels, 'unknown']));
    return aRequest({ nodeTypes, provider: this.#oneOf([null, null, null, ...providers, 'cloud-c']) });
  }

  #onePool(): Pool {
    return this.#oneOf(this.#pools);
  }

  #words(): string {
    const { nodeTypes, provider, declinedBy } = this.#request;
    const pools = this.#pools.map(({ registered: { id, labels: own, priority, paused } }) => ({
      id,
      own: [...own],
      priority,
      paused,
    }));
    return JSON.stringify({ nodeTypes, provider, declinedBy, pools });
  }

  #below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  #oneOf<T>(things: readonly T[]): T {
    return things[this.#below(things.length)] as T;
  }
}

describe('what several pools decide about a request', () => {
  it('is never everybody’s reason to leave it to another, and ends it when nothing changes any more', {
    timeout: 300_000,
  }, () => {
    for (let step = 0, seed = firstSeed; step < wantedSteps; step += stepsOfHistory, seed += 1) {
      const decisions = new Decisions(seededRandom(seed));
      try {
        for (let left = stepsOfHistory; left > 0; left -= 1) decisions.step();
        decisions.rest();
      } catch (error) {
        throw new Error(`MODEL_SEED=${seed}`, { cause: error });
      }
    }
  });
});
