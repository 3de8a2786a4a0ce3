// Measures one launcher on the fake cloud at zero latency: script/bench launcher [--quick]
// Prints requests fulfilled per second, waiting times, processor time and memory, and the ratios that matter:
// the last hundred requests of a burst against the first, and a full tree against an empty one.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ZooKeeper } from '@nodepool/zookeeper';
import { startZooKeeper } from '@nodepool/zookeeper/testing';
import { type Daemon, startDaemon } from '../test/support/daemon.js';
import { type BurstResult, runBurst } from './burst.js';
import { fillTree } from './tree.js';

const quick = process.argv.includes('--quick');
const burstSize = quick ? 300 : 1_000;
const otherNodes = quick ? 2_000 : 10_000;

interface Usage {
  readonly cpuSec: number;
  readonly maxRssMiB: number;
}

/** Processor seconds and peak memory of a process. Source: proc(5). */
function usage(pid: number): Usage {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const peakKiB = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { cpuSec: (Number(fields[11]) + Number(fields[12])) / 100, maxRssMiB: Number(peakKiB) / 1024 };
}

function configuration(port: number, minReady: number): string {
  return `
zookeeper-servers: [{host: 127.0.0.1, port: ${port}}]
labels: [{name: bench, min-ready: ${minReady}}]
providers:
  - name: bench-cloud
    driver: fake
    cloud: none
    rate: 0
    cloud-images: [{name: image}]
    pools:
      - name: main
        max-servers: 1000000
        labels: [{name: bench, cloud-image: image, flavor-name: small}]
`;
}

interface Scenario {
  readonly name: string;
  readonly minReady: number;
  readonly others: number;
  readonly count: number;
  readonly concurrency: number;
}

async function untilServing(zk: ZooKeeper, minReady: number): Promise<void> {
  const warmUp = await runBurst(zk, { count: 1, label: 'bench', cleanUp: true });
  if (warmUp.fulfilled !== 1) throw new Error('the launcher did not fulfil a first request');
  for (let ready = 0; ready < minReady; ) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { children } = await zk.children('/nodepool/nodes');
    const nodes = await Promise.all(children.map((id) => zk.get(`/nodepool/nodes/${id}`).catch(() => undefined)));
    ready = nodes.filter((node) => node?.data.includes('"ready"') === true).length;
  }
}

async function runScenario(scenario: Scenario): Promise<{ readonly result: BurstResult; readonly used: Usage }> {
  const folder = await mkdtemp(join(tmpdir(), 'nodepool-bench-'));
  const server = await startZooKeeper({ dataDir: join(folder, 'zookeeper') });
  const zk = connect({ servers: `127.0.0.1:${server.port}` });
  let launcher: Daemon | undefined;
  try {
    await zk.connected(AbortSignal.timeout(20_000));
    await zk.ensurePath('/nodepool/requests');
    await fillTree(zk, scenario.others);
    const config = join(folder, 'nodepool.yaml');
    await writeFile(config, configuration(server.port, scenario.minReady));
    launcher = startDaemon('nodepool-launcher', ['-f', '-c', config], join(folder, 'launcher.log'));
    await untilServing(zk, scenario.minReady);
    const before = usage(launcher.pid);
    const result = await runBurst(zk, { count: scenario.count, label: 'bench', concurrency: scenario.concurrency });
    const after = usage(launcher.pid);
    return { result, used: { cpuSec: after.cpuSec - before.cpuSec, maxRssMiB: after.maxRssMiB } };
  } finally {
    await launcher?.stop();
    await zk.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const scenarios: readonly Scenario[] = [
  { name: 'one at a time, ready', minReady: 50, others: 0, count: 200, concurrency: 1 },
  { name: `burst ${burstSize}`, minReady: 0, others: 0, count: burstSize, concurrency: burstSize },
  {
    name: `burst ${burstSize}, ${otherNodes} others`,
    minReady: 0,
    others: otherNodes,
    count: burstSize,
    concurrency: burstSize,
  },
];

const rates: number[] = [];
console.log(
  'scenario                       fulfilled  per s   p50 ms   p95 ms   p99 ms  last/first  CPU ms each  RSS MiB',
);
for (const scenario of scenarios) {
  const { result, used } = await runScenario(scenario);
  rates.push(result.perSecond);
  console.log(
    [
      scenario.name.padEnd(30),
      String(result.fulfilled).padStart(9),
      result.perSecond.toFixed(0).padStart(6),
      result.p50Ms.toFixed(0).padStart(8),
      result.p95Ms.toFixed(0).padStart(8),
      result.p99Ms.toFixed(0).padStart(8),
      result.lastToFirstHundred.toFixed(2).padStart(11),
      ((1000 * used.cpuSec) / result.fulfilled).toFixed(2).padStart(12),
      used.maxRssMiB.toFixed(0).padStart(8),
    ].join(' '),
  );
}
const [, empty = Number.NaN, full = Number.NaN] = rates;
console.log(`rate with ${otherNodes} other nodes over rate without: ${(full / empty).toFixed(2)}`);
