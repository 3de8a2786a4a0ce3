import type { ReadResult, ZooKeeper } from '@nodepool/zookeeper';

/** What a burst of requests came to. Times in milliseconds. */
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
}

interface Finished {
  readonly state: string;
  readonly latencyMs: number;
  readonly seenAtMs: number;
}

/** Creates `count` one-node requests as Zuul does, at once or one after another, and waits for all of them. */
export async function runBurst(
  zk: ZooKeeper,
  options: {
    readonly count: number;
    readonly label: string;
    readonly concurrency?: number;
    readonly cleanUp?: boolean;
  },
): Promise<BurstResult> {
  const startedAtMs = performance.now();
  const finished: Finished[] = [];
  const numbers = Array.from({ length: options.count }, (_, number) => number);
  const workers = Array.from({ length: options.concurrency ?? options.count }, async () => {
    for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
      finished.push(await runRequest(zk, options.label, number, options.cleanUp ?? false));
    }
  });
  await Promise.all(workers);
  return summarise(finished, startedAtMs);
}

async function runRequest(zk: ZooKeeper, label: string, number: number, cleanUp: boolean): Promise<Finished> {
  const { path } = await zk.create('/nodepool/requests/100-', requestData(label, number), {
    mode: 'persistent-sequential',
  });
  const { data, stat } = await untilDone(zk, path);
  const record = JSON.parse(data.toString()) as { state: string; nodes: string[] };
  const seenAtMs = performance.now();
  if (cleanUp) await useAndRelease(zk, path, record.nodes);
  return { state: record.state, latencyMs: stat.mtimeMs - stat.ctimeMs, seenAtMs };
}

/** Marks the nodes used and removes the request, without the detour over locks that a real job needs. */
async function useAndRelease(zk: ZooKeeper, path: string, nodes: readonly string[]): Promise<void> {
  for (const id of nodes) {
    const node = `/nodepool/nodes/${id}`;
    const { data } = await zk.get(node);
    await zk.set(node, Buffer.from(JSON.stringify({ ...JSON.parse(data.toString()), state: 'used' })));
  }
  await zk.delete(path);
}

async function untilDone(zk: ZooKeeper, path: string): Promise<ReadResult> {
  for (;;) {
    let changed = (): void => undefined;
    const change = new Promise<void>((resolve) => {
      changed = resolve;
    });
    const result = await zk.get(path, { watch: changed });
    if (/"state": ?"(fulfilled|failed)"/.test(result.data.toString())) return result;
    await change;
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
  };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
