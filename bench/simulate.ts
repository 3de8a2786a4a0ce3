// Measures a simulation as a whole process: script/bench simulate [REQUESTS]
// A day of requests, 20,000 unless another number is given, for four labels on three providers: how long `nodepool simulate`
// takes, and what it uses of the processor: the last two times, user and system.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@nodepool/runtime/testing';
import { checkout } from '../test/support/daemon.js';

const requests = Number(process.argv[2] ?? 20_000);
const daySec = 86_400;
const labels = ['small', 'medium', 'large', 'huge'];
const providers = ['cloud-a', 'cloud-b', 'cloud-c'];

function configText(): string {
  const offered = labels.map((name) => `{name: ${name}, cloud-image: debian, min-ram: 1024}`).join(', ');
  return [
    'zookeeper-servers: [{host: 127.0.0.1}]',
    `labels: [${labels.map((name) => `{name: ${name}, min-ready: 2}`).join(', ')}]`,
    'providers:',
    ...providers.flatMap((name) => [
      `  - {name: ${name}, driver: fake, cloud-images: [{name: debian}],`,
      `     pools: [{name: main, max-servers: 60, labels: [${offered}]}]}`,
    ]),
  ].join('\n');
}

/** Busier towards the middle of the day; every tenth request is for two nodes. */
function traceLines(): readonly string[] {
  const random = seededRandom(1);
  const behaviour = {
    bootSec: { min: 30, max: 120 },
    heldSec: { min: 60, max: 1_200 },
    deleteSec: 10,
    failureRate: 0.02,
  };
  const lines = Array.from({ length: requests }, (_, index) => {
    const at = 1_000_000 + ((random.next() + random.next()) / 2) * daySec;
    const label = labels[Math.floor(random.next() * labels.length)] ?? 'small';
    return { kind: 'request', id: `r${index}`, at, labels: index % 10 === 0 ? [label, label] : [label] };
  });
  lines.sort((left, right) => left.at - right.at);
  return [{ kind: 'behaviour', ...behaviour }, ...lines].map((line) => JSON.stringify(line));
}

const folder = await mkdtemp(join(tmpdir(), 'nodepool-bench-'));
try {
  const [config, trace] = [join(folder, 'nodepool.yaml'), join(folder, 'trace.jsonl')];
  await Promise.all([writeFile(config, configText()), writeFile(trace, `${traceLines().join('\n')}\n`)]);
  const startedAtMs = performance.now();
  const program = join(checkout, 'bin/nodepool');
  const child = spawn('sh', ['-c', '"$@" && times', 'sh', program, '-c', config, 'simulate', '--trace', trace], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'close');
  const wallSec = (performance.now() - startedAtMs) / 1000;
  console.log(`${requests} requests: ${wallSec.toFixed(1)} s, exit code ${code}`);
  process.exitCode = code;
} finally {
  await rm(folder, { recursive: true, force: true });
}
