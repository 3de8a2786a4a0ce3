import { setTimeout as sleep } from 'node:timers/promises';
import { systemRandom } from '@nodepool/runtime';
import { lock, type ReadResult, type ZooKeeper } from '@nodepool/zookeeper';
import { quantile } from './measure.js';

/** What a run of requests came to. Times in milliseconds. */
export interface BurstResult {
  readonly fulfilled: number;
  readonly failed: number;
  /** Fulfilled per second, from the first request sent to the last one seen fulfilled. */
  readonly perSecond: number;
  /** From a request's creation to its `fulfilled`, on ZooKeeper's clock. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Rate among the last hundred fulfilled over that among the first hundred: 1 means that load does not slow it down. */
  readonly lastToFirstHundred: number;
  /** How many nodes each launcher gave, by its host name and pool, in order of size. */
  readonly shares: readonly number[];
}

export interface BurstOptions {
  readonly count: number;
  readonly label: string;
  /** Requests open at the same time; all when absent. */
  readonly concurrency?: number;
  /** Requests made per second; as fast as possible when absent. */
  readonly perSecond?: number;
  /** What is done with a request once it is fulfilled: left as it is, or its nodes used for so long and released. */
  readonly useMs?: number;
  /** Told after each request, how many are done. */
  readonly onDone?: (done: number) => void;
}

interface Finished {
  readonly state: string;
  readonly latencyMs: number;
  readonly seenAtMs: number;
  readonly launchers: readonly string[];
}

/** Creates one-node requests as Zuul does and waits for all of them. */
export async function runBurst(zk: ZooKeeper, options: BurstOptions): Promise<BurstResult> {
  const startedAtMs = performance.now();
  const finished: Finished[] = [];
  let next = 0;
  const workers = Array.from({ length: options.concurrency ?? options.count }, async () => {
    for (let number = next++; number < options.count; number = next++) {
      if (options.perSecond !== undefined) {
        await sleep(Math.max(0, startedAtMs + (1000 * number) / options.perSecond - performance.now()));
      }
      finished.push(await runRequest(zk, options, number));
      options.onDone?.(finished.length);
    }
  });
  await Promise.all(workers);
  return summarise(finished, startedAtMs);
}

async function runRequest(zk: ZooKeeper, options: BurstOptions, number: number): Promise<Finished> {
  const { path } = await zk.create('/nodepool/requests/100-', requestData(options.label, number), {
    mode: 'persistent-sequential',
  });
  const { data, stat } = await untilDone(zk, path);
  const record = JSON.parse(data.toString()) as { state: string; nodes: string[] };
  const seenAtMs = performance.now();
  const launchers =
    options.useMs === undefined ? [] : await useNodes(zk, { path, nodes: record.nodes, forMs: options.useMs });
  return { state: record.state, latencyMs: stat.mtimeMs - stat.ctimeMs, seenAtMs, launchers };
}

interface Use {
  readonly path: string;
  readonly nodes: readonly string[];
  readonly forMs: number;
}

/** As Zuul does: locks the nodes, removes the request, uses the nodes for a while, and waits until they are gone. */
async function useNodes(zk: ZooKeeper, { path, nodes, forMs }: Use): Promise<readonly string[]> {
  const held = await Promise.all(
    nodes.map(async (id) => ({
      node: `/nodepool/nodes/${id}`,
      lock: await lock(zk, `/nodepool/nodes/${id}/lock`, {
        ensure: 'last',
        identifier: 'bench',
        random: systemRandom,
        timeoutMs: 30_000,
      }),
    })),
  );
  const launchers = await Promise.all(held.map(({ node }) => setState(zk, node, 'in-use')));
  await zk.delete(path);
  if (forMs > 0) await sleep(forMs);
  await Promise.all(
    held.map(async ({ node, lock: handle }) => {
      await setState(zk, node, 'used');
      const gone = untilGone(zk, node);
      await handle?.release();
      await gone;
    }),
  );
  return launchers;
}

async function setState(zk: ZooKeeper, path: string, state: string): Promise<string> {
  const { data } = await zk.get(path);
  const node = JSON.parse(data.toString()) as { launcher: string };
  await zk.set(path, Buffer.from(JSON.stringify({ ...node, state, state_time: Date.now() / 1000 })));
  return node.launcher;
}

async function untilGone(zk: ZooKeeper, path: string): Promise<void> {
  for (;;) {
    const { promise, resolve } = Promise.withResolvers<void>();
    if ((await zk.exists(path, { watch: () => resolve() })) === undefined) return;
    await promise;
  }
}

async function untilDone(zk: ZooKeeper, path: string): Promise<ReadResult> {
  for (;;) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const result = await zk.get(path, { watch: () => resolve() });
    if (/"state": ?"(fulfilled|failed)"/.test(result.data.toString())) return result;
    await promise;
  }
}

function requestData(label: string, number: number): Buffer {
  const nowSec = Date.now() / 1000;
  const id = number.toString(16).padStart(32, '0');
  return Buffer.from(
    JSON.stringify({
      state: 'requested',
      state_time: nowSec,
      declined_by: [],
      node_types: [label],
      nodes: [],
      reuse: true,
      requestor: 'bench',
      requestor_data: { build_set_uuid: id, job_name: `bench-${number}` },
      provider: null,
      relative_priority: 0,
      event_id: id,
      created_time: nowSec,
      tenant_name: 'bench-tenant',
    }),
  );
}

function summarise(finished: readonly Finished[], startedAtMs: number): BurstResult {
  const done = finished.filter(({ state }) => state === 'fulfilled').sort((a, b) => a.seenAtMs - b.seenAtMs);
  const latencies = done.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  const lastAtMs = done.at(-1)?.seenAtMs ?? startedAtMs;
  const hundred = Math.min(100, Math.floor(done.length / 2));
  const firstMs = (done[hundred - 1]?.seenAtMs ?? 0) - (done[0]?.seenAtMs ?? 0);
  const lastMs = lastAtMs - (done.at(-hundred)?.seenAtMs ?? 0);
  return {
    fulfilled: done.length,
    failed: finished.length - done.length,
    perSecond: (1000 * done.length) / (lastAtMs - startedAtMs),
    p50Ms: quantile(latencies, 0.5),
    p95Ms: quantile(latencies, 0.95),
    p99Ms: quantile(latencies, 0.99),
    lastToFirstHundred: lastMs > 0 ? firstMs / lastMs : 1,
    shares: sharesOf(done.flatMap(({ launchers }) => launchers)),
  };
}

/** @param launchers ids of pool workers; those of one process have the same host name here. */
export function sharesOf(launchers: readonly string[]): readonly number[] {
  const counts = new Map<string, number>();
  for (const id of launchers) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts.values()].sort((left, right) => right - left);
}
