// Measures the operator command as a whole process: script/bench list
// `nodepool list` at 100, 1,000 and 10,000 nodes, `--help` and a completion: best and median of ten runs, as the clock has
// it and as the processor has it (user and system time), which a machine that is busy otherwise changes less.
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

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** The shell's own account of what its children have used: `0m0.123s 0m0.045s` in the last line. */
const accounting = '"$@" >/dev/null; times';

async function costs(args: readonly string[]): Promise<readonly Cost[]> {
  const program = join(checkout, 'bin/nodepool');
  const found: Cost[] = [];
  for (let run = 0; run < runs; run += 1) {
    const startedAtMs = performance.now();
    const { stdout } = await execute('sh', ['-c', accounting, 'sh', program, ...args]);
    const wallMs = performance.now() - startedAtMs;
    const seconds = [...(stdout.trimEnd().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
    const cpuSec = seconds.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
    found.push({ wallMs, cpuMs: cpuSec * 1000 });
  }
  return found;
}

function report(name: string, found: readonly Cost[]): void {
  const columns = (['wallMs', 'cpuMs'] as const).flatMap((key) => {
    const sorted = found.map((cost) => cost[key]).sort((left, right) => left - right);
    return [sorted[0], sorted[runs / 2]].map((ms = Number.NaN) => ms.toFixed(0).padStart(10));
  });
  console.log(`${name.padEnd(30)} ${columns.join('')}`);
}

const folder = await mkdtemp(join(tmpdir(), 'nodepool-bench-'));
const server = await startZooKeeper({ dataDir: join(folder, 'zookeeper'), heapMiB: 512, optimise: true });
const zk = connect({ servers: server.connectString });
try {
  await zk.connected(AbortSignal.timeout(20_000));
  const config = join(folder, 'nodepool.yaml');
  await writeFile(config, `zookeeper-servers: [{host: 127.0.0.1, port: ${server.port}}]\n`);
  console.log('command                           best ms    median  best CPU    median');
  report('nodepool --help', await costs(['--help']));
  report('completion of a command', await costs(['__complete', '--', 'image-']));
  let present = 0;
  for (const count of [100, 1_000, 10_000]) {
    await fillTree(zk, count - present);
    present = count;
    report(`nodepool list, ${count} nodes`, await costs(['-c', config, 'list']));
  }
} finally {
  await zk.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
