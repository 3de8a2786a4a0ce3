// Requests per second and CPU time per request at depth 512 over one connection, against a real server, and the ratio
// to kazoo where it is installed. Run after `npx tsc -b packages/zookeeper`:
//   node packages/zookeeper/bench/throughput.mjs [requests per kind, 50000]
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from '../dist/index.js';
import { startZooKeeper } from '../dist/testing/index.js';

const depth = 512;
const payload = Buffer.alloc(256, 'x');
const rounds = 3;
const floors = { create: 20_000, get: 24_000, set: 10_000 };
const python = '/usr/bin/python3';

/** Keeps `depth` requests outstanding until `count` are done. */
async function measure(count, request) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      await request(index);
    }
  };
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: depth }, worker));
  const seconds = (performance.now() - startedMs) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  return { perSecond: count / seconds, cpuUs: (cpu.user + cpu.system) / count };
}

async function measureOurs(zk, count) {
  await zk.ensurePath('/bench');
  const kinds = {
    create: (index) => zk.create(`/bench/${index}`, payload),
    get: (index) => zk.get(`/bench/${index}`),
    set: (index) => zk.set(`/bench/${index}`, payload),
    delete: (index) => zk.delete(`/bench/${index}`),
  };
  const best = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const [kind, request] of Object.entries(kinds)) {
      const figures = await measure(count, request);
      if (best[kind] === undefined || figures.perSecond > best[kind].perSecond) best[kind] = figures;
    }
  }
  return best;
}

/** The same with kazoo's asynchronous calls; undefined when it is not installed. */
async function measureKazoo(connectString, count) {
  if (!existsSync(python)) return undefined;
  try {
    const script = join(import.meta.dirname, 'kazoo_throughput.py');
    const { stdout } = await promisify(execFile)(python, [script, connectString, String(count), String(depth)]);
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}

const count = Number(process.argv[2] ?? 50_000);
const server = await startZooKeeper({ optimise: true, heapMiB: 1_024 });
const zk = connect({ servers: server.connectString });
try {
  const ours = await measureOurs(zk, count);
  const kazoo = await measureKazoo(server.connectString, Math.min(count, 10_000));
  const lines = ['operation      per second   CPU us each       floor   times kazoo'];
  for (const [kind, { perSecond, cpuUs }] of Object.entries(ours)) {
    const ratio = kazoo?.[kind] === undefined ? '-' : (perSecond / kazoo[kind]).toFixed(1);
    const columns = [Math.round(perSecond), cpuUs.toFixed(1), floors[kind] ?? '-', ratio];
    lines.push(kind.padEnd(12) + columns.map((column) => String(column).padStart(13)).join(''));
  }
  process.stdout.write(`${lines.join('\n')}\n`);
} finally {
  await zk.close();
  await server.stop();
}
