import type { Config } from '@nodepool/config';
import type { PoolComponent, Resources } from '@nodepool/model';
import type { StoreCaches } from '@nodepool/store';
import type { RecentCalls } from '@nodepool/telemetry';
import type { Component, Label, Pool, Provider } from '../schemas/index.js';
import type { Tally } from './tally.js';

/** What a launcher has found out of a provider. */
export interface ProviderFacts {
  readonly name: string;
  /** What the cloud allows; null while it is not known. */
  readonly limits: Resources | null;
  /** What was last wrong, while it is; null when nothing is. */
  readonly problem: string | null;
  /** What was asked of it lately; absent while nothing was. */
  readonly calls?: RecentCalls | undefined;
}

export interface CapacityDeps {
  readonly caches: Pick<StoreCaches, 'nodes' | 'components'>;
  readonly config: () => Config;
  readonly facts: () => readonly ProviderFacts[];
  readonly tally: Tally;
}

/** Pools, providers, labels and components as the API shows them. */
export class CapacityViews {
  readonly #deps: CapacityDeps;

  constructor(deps: CapacityDeps) {
    this.#deps = deps;
  }

  pools(): readonly Pool[] {
    return this.#registered().map((pool) => this.#pool(pool));
  }

  providers(): readonly Provider[] {
    const { config, facts, tally, caches } = this.#deps;
    const { providers, unavailableProviders } = config();
    const known = new Map(facts().map((fact) => [fact.name, fact]));
    const usable = Array.from(providers.values(), ({ name, driver }) => {
      const fact = known.get(name);
      return {
        name,
        driver,
        used: caches.nodes.usedByProvider(name),
        limits: fact?.limits ?? null,
        nodes: tally.nodesOf(name),
        healthy: fact !== undefined && fact.problem === null,
        problem: fact === undefined ? 'the provider is not open; the log of the launcher says why' : fact.problem,
        calls: toCalls(fact?.calls),
      };
    });
    const others = unavailableProviders.map(({ name, driver, reason }) => ({
      name,
      driver,
      used: caches.nodes.usedByProvider(name),
      limits: null,
      nodes: tally.nodesOf(name),
      healthy: false,
      problem: reason,
      calls: null,
    }));
    return [...usable, ...others].sort(byName);
  }

  labels(): readonly Label[] {
    const { config, caches } = this.#deps;
    const { labels } = config();
    const offers = new Map<string, string[]>([...labels.keys()].map((name) => [name, []]));
    for (const { providerName, name, supportedLabels } of this.#registered()) {
      for (const label of new Set(supportedLabels)) {
        const pools = offers.get(label) ?? [];
        offers.set(label, pools);
        pools.push(`${providerName}/${name}`);
      }
    }
    return Array.from(offers, ([name, pools]) => ({
      name,
      min_ready: labels.get(name)?.minReady ?? null,
      ready: caches.nodes.readyCount(name),
      pools: [...new Set(pools)],
    })).sort(byName);
  }

  components(): readonly Component[] {
    const { components } = this.#deps.caches;
    const programs = (['launcher', 'builder'] as const).flatMap((kind) =>
      Array.from(components.all(kind), ({ hostname, state, version }) => ({
        kind,
        name: hostname,
        hostname,
        state,
        version,
      })),
    );
    const pools = this.#registered().map(({ kind, id, hostname, state, version }) => ({
      kind,
      name: id,
      hostname,
      state,
      version,
    }));
    return [...programs, ...pools];
  }

  #registered(): readonly PoolComponent[] {
    return [...this.#deps.caches.components.pools()].sort((left, right) => (left.id < right.id ? -1 : 1));
  }

  #pool({ id, name, providerName, supportedLabels, priority, paused }: PoolComponent): Pool {
    const { config, caches } = this.#deps;
    const configured = config()
      .providers.get(providerName ?? '')
      ?.pools.find((pool) => pool.name === name);
    return {
      id,
      name,
      provider: providerName,
      labels: [...supportedLabels],
      priority,
      paused,
      used: caches.nodes.usedByPool(providerName ?? '', name ?? ''),
      limits: configured?.limits ?? {},
    };
  }
}

function toCalls(calls: RecentCalls | undefined): Provider['calls'] {
  if (calls === undefined) return null;
  const { windowSec, count, failures, meanSec, longestSec, leaked } = calls;
  return {
    window: windowSec,
    count,
    failures: { ...failures },
    mean_seconds: meanSec,
    longest_seconds: longestSec,
    leaked,
  };
}

function byName(left: { readonly name: string }, right: { readonly name: string }): number {
  return left.name < right.name ? -1 : Number(left.name > right.name);
}
