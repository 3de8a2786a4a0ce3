import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type ZooKeeper } from '@nodepool/zookeeper';
import { startZooKeeper } from '@nodepool/zookeeper/testing';
import { type Daemon, startDaemon } from '../test/support/daemon.js';
import { type BurstOptions, type BurstResult, runBurst, sharesOf } from './burst.js';
import { requestsReceived, usage } from './measure.js';
import { fillTree } from './tree.js';

export interface Scenario {
  readonly name: string;
  readonly launchers: number;
  /** Each launcher serves all of them. */
  readonly providers: number;
  /** So many of the launchers come last in everything: they see what the others do, and do nothing. */
  readonly bystanders?: number;
  readonly minReady: number;
  /** Requests before the measurement, so that code is compiled as in a launcher that has run for a while; 1 if absent. */
  readonly warmUp?: number;
  /** Nodes in the tree that nobody here serves. */
  readonly others: number;
  /** Requests to make, after the stock stands; without it the stock alone is measured. */
  readonly load?: Omit<BurstOptions, 'label' | 'onDone'>;
  /** The memory of the largest launcher is noted after each so many requests. */
  readonly noteEvery?: number;
  /** How long nothing is done at all, seconds. */
  readonly idleSec?: number;
}

/** What a scenario came to, all launchers together where it says nothing else. */
export interface Measured {
  readonly name: string;
  readonly launchers: number;
  readonly others: number;
  readonly fulfilled: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly cpuMsPerRequest: number;
  /** Of one bystander; NaN without any. */
  readonly bystanderCpuMsPerRequest: number;
  /** Share of one core, over the time of the measurement. */
  readonly coreShare: number;
  /** Of one launcher, the largest. */
  readonly peakRssMiB: number;
  readonly rssMiB: number;
  /** As asked for by `noteEvery`, MiB, in order. */
  readonly rssNotedMiB: readonly number[];
  readonly zkRequestsPerRequest: number;
  readonly zkRequestsPerSecond: number;
  /** Least share of a launcher over an equal share. */
  readonly leastShare: number;
  /** Processor seconds until a launcher had read the tree and was ready. */
  readonly startCpuSec: number;
  readonly startMs: number;
}

/** Runs one scenario on a tree and with launchers of its own. */
export async function runScenario(scenario: Scenario): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'nodepool-bench-'));
  const server = await startZooKeeper({ dataDir: join(folder, 'zookeeper'), heapMiB: 1024, optimise: true });
  const zk = connect({ servers: server.connectString });
  const launchers: Daemon[] = [];
  try {
    await zk.connected(AbortSignal.timeout(20_000));
    await zk.ensurePath('/nodepool/requests');
    await fillTree(zk, scenario.others);
    const startedAtMs = performance.now();
    for (let number = 0; number < scenario.launchers; number += 1) {
      const config = join(folder, `nodepool-${number}.yaml`);
      await writeFile(config, configuration(server.port, scenario, isBystander(scenario, number) ? 200 : 100));
      launchers.push(startDaemon('nodepool-launcher', ['-f', '-c', config], join(folder, `launcher-${number}.log`)));
    }
    await untilServing(zk, scenario);
    const startMs = performance.now() - startedAtMs;
    const startCpuSec = sum(launchers.map(({ pid }) => usage(pid).cpuSec));
    return { ...(await measure(scenario, zk, server.port, launchers)), startMs, startCpuSec };
  } finally {
    await Promise.all(launchers.map((launcher) => launcher.stop()));
    await zk.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The last ones. */
function isBystander({ launchers, bystanders = 0 }: Scenario, number: number): boolean {
  return number >= launchers - bystanders;
}

function configuration(port: number, { minReady, providers }: Scenario, priority: number): string {
  const names = Array.from({ length: providers }, (_, number) => `bench-cloud-${number}`);
  // Each launcher has its own idea of these clouds, which live in memory; no node is deleted by another than made it.
  const entries = names.map(
    (name) => `
  - name: ${name}
    driver: fake
    cloud: none
    rate: 0
    cloud-images: [{name: image}]
    pools:
      - name: main
        max-servers: 1000000
        priority: ${priority}
        labels: [{name: bench, cloud-image: image, flavor-name: small}]`,
  );
  return `
zookeeper-servers: [{host: 127.0.0.1, port: ${port}}]
labels: [{name: bench, min-ready: ${minReady}}]
providers:${entries.join('')}
`;
}

async function untilServing(
  zk: ZooKeeper,
  { minReady, load, launchers, providers, warmUp = 1 }: Scenario,
): Promise<void> {
  for (;;) {
    const pools = await zk.children('/nodepool/components/pool').catch(() => undefined);
    if ((pools?.children.length ?? 0) >= launchers * providers) break;
    await sleep(50);
  }
  // A stock that is itself what is measured is filled later, in time.
  if (load === undefined && minReady > 0) return untilStocked(zk, minReady);
  const first = await runBurst(zk, { count: warmUp, label: 'bench', useMs: 0 });
  if (first.fulfilled !== warmUp) throw new Error('the launcher did not fulfil a first request');
  await untilStocked(zk, minReady);
}

async function untilStocked(zk: ZooKeeper, minReady: number): Promise<void> {
  for (let ready = 0; ready < minReady; ) {
    await sleep(100);
    const { children } = await zk.children('/nodepool/nodes');
    const nodes = await Promise.all(children.map((id) => zk.get(`/nodepool/nodes/${id}`).catch(() => undefined)));
    ready = nodes.filter((node) => isStock(node?.data)).length;
  }
}

function isStock(data: Buffer | undefined): boolean {
  const text = data?.toString() ?? '';
  return ['"ready"', '"allocated_to":null', '"bench"'].every((part) => text.includes(part));
}

async function measure(
  scenario: Scenario,
  zk: ZooKeeper,
  port: number,
  launchers: readonly Daemon[],
): Promise<Omit<Measured, 'startMs' | 'startCpuSec'>> {
  const { load, idleSec, bystanders = 0 } = scenario;
  const onlookers = launchers.slice(launchers.length - bystanders);
  if (idleSec !== undefined) await sleep(5_000);
  const before = {
    cpuSec: cpuOf(launchers),
    onlookerSec: cpuOf(onlookers),
    received: await requestsReceived(port, [zk.sessionId]),
  };
  const startedAtMs = performance.now();
  const rssNotedMiB: number[] = [];
  const onDone = (done: number): void => {
    if (done % (scenario.noteEvery ?? Number.POSITIVE_INFINITY) === 0) rssNotedMiB.push(largestRssMiB(launchers));
  };
  const result = load === undefined ? nothing : await runBurst(zk, { ...load, label: 'bench', onDone });
  if (idleSec !== undefined) await sleep(1000 * idleSec);
  const elapsedSec = (performance.now() - startedAtMs) / 1000;
  const cpuSec = cpuOf(launchers) - before.cpuSec;
  const onlookerSec = (cpuOf(onlookers) - before.onlookerSec) / onlookers.length;
  const received = (await requestsReceived(port, [zk.sessionId])) - before.received;
  const used = launchers.map(({ pid }) => usage(pid));
  const shares = result.shares.length > 0 ? result.shares : sharesOf(await launchersOfNodes(zk));
  return {
    name: scenario.name,
    launchers: scenario.launchers,
    others: scenario.others,
    fulfilled: result.fulfilled,
    failed: result.failed,
    perSecond: result.perSecond,
    p50Ms: result.p50Ms,
    p95Ms: result.p95Ms,
    p99Ms: result.p99Ms,
    cpuMsPerRequest: (1000 * cpuSec) / result.fulfilled,
    bystanderCpuMsPerRequest: (1000 * onlookerSec) / result.fulfilled,
    coreShare: cpuSec / elapsedSec,
    peakRssMiB: Math.max(...used.map(({ peakRssMiB }) => peakRssMiB)),
    rssMiB: largestRssMiB(launchers),
    rssNotedMiB,
    zkRequestsPerRequest: received / result.fulfilled,
    zkRequestsPerSecond: received / elapsedSec,
    leastShare: leastShare(shares, (scenario.launchers - bystanders) * scenario.providers),
  };
}

const nothing: BurstResult = {
  fulfilled: 0,
  failed: 0,
  perSecond: 0,
  p50Ms: Number.NaN,
  p95Ms: Number.NaN,
  p99Ms: Number.NaN,
  lastToFirstHundred: Number.NaN,
  shares: [],
};

async function launchersOfNodes(zk: ZooKeeper): Promise<readonly string[]> {
  const { children } = await zk.children('/nodepool/nodes');
  const nodes = await Promise.all(children.map((id) => zk.get(`/nodepool/nodes/${id}`).catch(() => undefined)));
  return nodes.flatMap((node) => {
    const { launcher } = JSON.parse(node?.data.toString() || '{}') as { launcher?: string | null };
    return launcher ?? [];
  });
}

function leastShare(shares: readonly number[], takers: number): number {
  const equal = sum(shares) / takers;
  return shares.length < takers ? 0 : Math.min(...shares) / equal;
}

function largestRssMiB(launchers: readonly Daemon[]): number {
  return Math.max(...launchers.map(({ pid }) => usage(pid).rssMiB));
}

function cpuOf(launchers: readonly Daemon[]): number {
  return sum(launchers.map(({ pid }) => usage(pid).cpuSec));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
