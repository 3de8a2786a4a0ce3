import type { Config } from '@nodepool/config';
import { randomOf } from './clouds/seeded-random.js';
import { Simulation } from './model/simulation.js';
import { PoolTally, seriesParts } from './report/pool-tally.js';
import type { Report } from './report/report.js';
import { RequestTally } from './report/request-tally.js';
import type { Workload } from './trace/workload.js';

/**
 * What a launcher with this configuration would have made of a trace. The same seed gives the same report.
 *
 * @throws SimulatorError `NP_SIMULATE_UNKNOWN`.
 */
export function simulate(config: Config, workload: Workload, seed: number): Report {
  const startMs = workload.startSec * 1000;
  const endMs = workload.endSec * 1000;
  const requests = new RequestTally();
  const pools = new Map<string, PoolTally>();
  for (const { name: provider, pools: configured } of config.providers.values()) {
    for (const { name: pool, limits } of configured) {
      pools.set(keyOf(provider, pool), new PoolTally({ provider, pool, limits }, startMs, endMs));
    }
  }
  const simulation = new Simulation(config, workload, randomOf(seed), {
    nodeChanged: (node, before, gone, nowMs) =>
      pools.get(keyOf(node.provider, node.pool))?.nodeChanged(node, before, gone, nowMs),
    pausedChanged: (provider, pool, paused, nowMs) => pools.get(keyOf(provider, pool))?.pausedChanged(paused, nowMs),
    launchEnded: (node, result) => pools.get(keyOf(node.provider, node.pool))?.launchEnded(result),
    requestEnded: ({ labels }, how, waitMs) => requests.ended(labels, how, waitMs / 1000),
  });
  simulation.run();
  const { nowMs } = simulation.agenda;
  return {
    seed,
    startSec: workload.startSec,
    endSec: workload.endSec,
    seriesSec: (endMs - startMs) / 1000 / seriesParts,
    all: requests.all(),
    labels: requests.labels(),
    pools: Array.from(pools.values(), (pool) => pool.report(nowMs)),
  };
}

function keyOf(provider: string, pool: string): string {
  return `${provider}\n${pool}`;
}
