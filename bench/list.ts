// Measures the operator command as a whole process: script/bench list
// `nodepool list` at 100, 1,000 and 10,000 nodes, and `--help`, best and median of ten runs.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from '@nodepool/zookeeper';
import { startZooKeeper } from '@nodepool/zookeeper/testing';
import { checkout } from '../test/support/daemon.js';
import { fillTree } from './tree.js';

const runs = 10;
const execute = promisify(execFile);

async function timesMs(args: readonly string[]): Promise<readonly number[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const startedAtMs = performance.now();
    await execute(join(checkout, 'bin/nodepool'), [...args], { maxBuffer: 64 * 2 ** 20 });
    times.push(performance.now() - startedAtMs);
  }
  return times.sort((left, right) => left - right);
}

function report(name: string, times: readonly number[]): void {
  const [best = Number.NaN, median = Number.NaN] = [times[0], times[runs / 2]];
  console.log(`${name.padEnd(30)} ${best.toFixed(0).padStart(8)} ${median.toFixed(0).padStart(10)}`);
}

const folder = await mkdtemp(join(tmpdir(), 'nodepool-bench-'));
const server = await startZooKeeper({ dataDir: join(folder, 'zookeeper'), heapMiB: 512, optimise: true });
const zk = connect({ servers: server.connectString });
try {
  await zk.connected(AbortSignal.timeout(20_000));
  const config = join(folder, 'nodepool.yaml');
  await writeFile(config, `zookeeper-servers: [{host: 127.0.0.1, port: ${server.port}}]\n`);
  console.log('command                         best ms  median ms');
  report('nodepool --help', await timesMs(['--help']));
  let present = 0;
  for (const count of [100, 1_000, 10_000]) {
    await fillTree(zk, count - present);
    present = count;
    report(`nodepool list, ${count} nodes`, await timesMs(['-c', config, 'list']));
  }
} finally {
  await zk.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
