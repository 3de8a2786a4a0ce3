import { aConfig, type ConfigParts } from '@nodepool/config/testing';
import { fake } from '@nodepool/driver-fake';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomOf } from './clouds/seeded-random.js';
import { Simulation, type SimulationEvents } from './model/simulation.js';
import { simulate } from './simulate.js';
import { type NewTraceLine, TraceLine } from './trace/schema.js';
import { workloadOf } from './trace/workload.js';

const labels = ['small', 'large'];

interface Parts extends Omit<ConfigParts, 'providers'> {
  readonly pools?: Readonly<Record<string, object>>;
}

function configOf({ pools = { 'cloud-a': {} }, ...parts }: Parts = {}) {
  const providers = Object.entries(pools).map(([name, keys]) =>
    fake.configSchema.parse({
      driver: 'fake',
      name,
      'cloud-images': [{ name: 'debian' }],
      pools: [
        {
          name: 'main',
          labels: labels.map((label) => ({ name: label, 'cloud-image': 'debian', 'min-ram': 1024 })),
          ...keys,
        },
      ],
    }),
  );
  return aConfig({ labels: labels.map((name) => ({ name })), ...parts, providers });
}

function workload(...lines: readonly NewTraceLine[]) {
  return workloadOf(lines.map((line) => TraceLine.parse(line)));
}

const usual: NewTraceLine = { kind: 'behaviour', bootSec: 60, heldSec: 300, deleteSec: 10 };
const request = (id: string, at: number, more: object = {}): NewTraceLine => ({
  kind: 'request',
  id,
  at: 1_000_000 + at,
  labels: ['small'],
  ...more,
});

describe('a simulation', () => {
  it('has a request wait for the boot of its node', () => {
    const { all } = simulate(configOf(), workload(usual, request('a', 0)), 1);

    expect(all).toMatchObject({ fulfilled: 1, waitSec: { p50: 60, max: 60 } });
  });

  it('gives from the standing stock at once', () => {
    const config = configOf({ labels: [{ name: 'small', minReady: 1 }, { name: 'large' }] });

    const { labels: byLabel } = simulate(config, workload(usual, request('a', 0), request('b', 100)), 1);

    expect(byLabel).toMatchObject([{ label: 'small', fulfilled: 2, waitSec: { p50: 0, max: 60 } }]);
  });

  it('has a request wait until a node is used, deleted and replaced', () => {
    const config = configOf({ pools: { 'cloud-a': { 'max-servers': 1 } } });

    const { all, pools } = simulate(config, workload(usual, request('a', 0), request('b', 0)), 1);

    expect(all.waitSec).toMatchObject({ p50: 60, max: 60 + 300 + 10 + 60 });
    expect(pools).toMatchObject([{ nodes: { peak: 1 }, launches: { ready: 2 } }]);
  });

  it('fails what no pool can serve', () => {
    const { all } = simulate(configOf(), workload(usual, request('a', 0, { labels: ['huge'] })), 1);

    expect(all).toMatchObject({ failed: 1, fulfilled: 0 });
  });

  it('has another provider try after a failed launch', () => {
    const config = configOf({ pools: { 'cloud-a': { priority: 1 }, 'cloud-b': { priority: 2 } } });
    const broken: NewTraceLine = { kind: 'behaviour', provider: 'cloud-a', failureRate: 1 };

    const { all, pools } = simulate(config, workload(usual, broken, request('a', 0)), 1);

    expect(all).toMatchObject({ fulfilled: 1, waitSec: { max: 120 } });
    expect(pools).toMatchObject([{ launches: { failed: 1 }, wasted: 1 }, { launches: { ready: 1 } }]);
  });

  it('ends a request that its owner took back, and keeps its node for the next', () => {
    const back: NewTraceLine = { kind: 'cancelled', request: 'a', at: 1_000_030 };

    const { all } = simulate(configOf(), workload(usual, request('a', 0), back, request('b', 70)), 1);

    expect(all).toMatchObject({ cancelled: 1, fulfilled: 1, waitSec: { max: 0 } });
  });

  it('follows the quota of an account', () => {
    const quota = { kind: 'quota', provider: 'cloud-a' } as const;
    const lines = [
      { ...quota, at: 999_999, limits: { instances: 1 } },
      { ...quota, at: 1_000_100, limits: { instances: 2 } },
    ];

    const { all } = simulate(configOf(), workload(usual, ...lines, request('a', 0), request('b', 0)), 1);

    expect(all.waitSec).toMatchObject({ p50: 60, max: 160 });
  });

  it('leaves a request waiting that a tenant has no room for', () => {
    const config = configOf({ tenantLimits: { t: { instances: 0 } } });

    const { all } = simulate(config, workload(usual, request('a', 0, { tenant: 't' })), 1);

    expect(all).toMatchObject({ waiting: 1 });
  });

  it('counts nodes that grew too old as wasted', () => {
    const config = configOf({ labels: [{ name: 'large', minReady: 1, maxReadyAgeSec: 600 }, { name: 'small' }] });

    const { pools } = simulate(config, workload(usual, request('a', 0), request('b', 2_000)), 1);

    expect(pools[0]?.wasted).toBeGreaterThanOrEqual(2);
  });

  it('says what it has to know', () => {
    const run = () => simulate(configOf(), workload(request('a', 0)), 1);

    expect(run).toThrow(expect.objectContaining({ code: 'NP_SIMULATE_UNKNOWN' }));
  });
});

describe('a day of 20,000 requests', () => {
  it('is thought through to its end, tenants and stock included, and comes out the same again', {
    timeout: 300_000,
  }, () => {
    const config = configOf({
      pools: { 'cloud-a': { 'max-servers': 150, priority: 1 }, 'cloud-b': { 'max-servers': 150, priority: 2 } },
      labels: [{ name: 'small', minReady: 20, maxReadyAgeSec: 7_200 }, { name: 'large' }],
      tenantLimits: { t: { instances: 60 } },
    });
    const day = randomOf(4);
    const behaviour = { kind: 'behaviour', bootSec: { min: 20, max: 90 }, heldSec: { min: 60, max: 900 } } as const;
    const requests = Array.from({ length: 20_000 }, (_, index) =>
      request(`r${index}`, Math.round(day.next() * 86_400), {
        labels: day.next() < 0.9 ? ['small'] : ['large', 'small'],
        tenant: day.next() < 0.4 ? 't' : null,
      }),
    );
    const load = workload({ ...behaviour, deleteSec: 10, failureRate: 0.02 }, ...requests);

    const report = simulate(config, load, 1);

    expect(report.all).toMatchObject({ requests: 20_000, waiting: 0 });
    expect(report.all.fulfilled).toBeGreaterThan(19_000);
    expect(simulate(config, load, 1)).toEqual(report);
  });
});

/** No request asks for more: then none has to wait for ever. */
const tenantLimit = 2;

const scenario = fc.record({
  seed: fc.integer(),
  servers: fc.integer({ min: 2, max: 6 }),
  quota: fc.integer({ min: 2, max: 6 }),
  concurrency: fc.integer({ min: 1, max: 4 }),
  minReady: fc.integer({ min: 0, max: 3 }),
  priorities: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  failureRate: fc.double({ min: 0, max: 0.5, noNaN: true }),
  requests: fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 3_000 }),
      labels: fc.array(fc.constantFrom(...labels), { minLength: 1, maxLength: tenantLimit }),
      tenant: fc.constantFrom(null, 't'),
      cancelAfter: fc.option(fc.integer({ min: 0, max: 500 })),
    }),
    { minLength: 1, maxLength: 60 },
  ),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/** More is to be kept in stock than the account has room for. */
const stockAboveTheQuota: Scenario = {
  seed: 0,
  servers: 3,
  quota: 2,
  concurrency: 3,
  minReady: 3,
  priorities: [1, 2],
  failureRate: 0,
  requests: [{ at: 0, labels: ['small'], tenant: null, cancelAfter: null }],
};

function setUp({ servers, quota, concurrency, minReady, priorities, failureRate, requests }: Scenario) {
  const pool = (priority: number) => ({ 'max-servers': servers, priority });
  const config = configOf({
    pools: { 'cloud-a': pool(priorities[0]), 'cloud-b': pool(priorities[1]) },
    labels: [{ name: 'small', minReady, maxReadyAgeSec: 700 }, { name: 'large' }],
    tenantLimits: { t: { instances: tenantLimit } },
  });
  const limited = [...config.providers.values()].map((each) => ({ ...each, maxConcurrency: concurrency }));
  const lines = requests.flatMap(({ at, labels: wanted, tenant, cancelAfter }, index): NewTraceLine[] => [
    request(`r${index}`, at, { labels: wanted, tenant }),
    ...(cancelAfter === null
      ? []
      : [{ kind: 'cancelled', request: `r${index}`, at: 1_000_000 + at + cancelAfter } as const]),
  ]);
  const behaviour = { kind: 'behaviour', bootSec: { min: 5, max: 90 }, heldSec: { min: 0, max: 200 } } as const;
  return {
    config: { ...config, providers: new Map(limited.map((each) => [each.name, each])) },
    workload: workload(
      { ...behaviour, deleteSec: { min: 0, max: 20 }, failureRate },
      { kind: 'quota', provider: 'cloud-a', limits: { instances: quota } },
      ...lines,
    ),
  };
}

describe('whatever is asked of whatever clouds', () => {
  it('no limit of a pool, an account or a tenant is ever exceeded, and every request that may end does', async () => {
    await fc.assert(
      fc.property(scenario, (given) => {
        const { config, workload: load } = setUp(given);
        const ends = new Map<string, string>();
        const events: SimulationEvents = {
          nodeChanged: ({ provider }) => {
            const { inventory } = simulation;
            const used = inventory.usedByProvider(provider)['instances'] ?? 0;
            expect(used).toBeLessThanOrEqual(
              provider === 'cloud-a' ? Math.min(given.quota, given.servers) : given.servers,
            );
            expect(inventory.usedByTenant('t')['instances'] ?? 0).toBeLessThanOrEqual(tenantLimit);
          },
          pausedChanged: () => undefined,
          launchEnded: () => undefined,
          requestEnded: ({ id }, how) => {
            expect(ends.has(id)).toBe(false);
            ends.set(id, how);
          },
        };
        const simulation: Simulation = new Simulation(config, load, randomOf(given.seed), events);
        simulation.run();

        expect(ends.size).toBe(given.requests.length);
        expect([...ends].filter(([, how]) => how === 'waiting')).toEqual([]);
      }),
      { numRuns: 100, examples: [[stockAboveTheQuota]] },
    );
  });

  it('the same seed gives the same report', async () => {
    await fc.assert(
      fc.property(scenario, (given) => {
        const { config, workload: load } = setUp(given);

        expect(simulate(config, load, given.seed)).toEqual(simulate(config, load, given.seed));
      }),
      { numRuns: 30 },
    );
  });
});
