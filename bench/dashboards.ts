// What open dashboards cost a launcher: script/bench dashboards [CLIENTS] [SECONDS]
// One process holds the tree in memory, its caches and the web server; another program changes 1,000 nodes a second there, and the
// process's own work is updates of one node, one after the other. Rounds without and with clients alternate; the clients
// are a process of their own. Told: the own rate in both, its fall, frames and bytes per client and second, and the processor time that the
// changes by others alone cost: where the machine does something else beside, only that is to be trusted.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { constants, createGunzip } from 'node:zlib';
import { aConfig } from '@nodepool/config/testing';
import { silentLogger, systemClock, systemRandom } from '@nodepool/runtime';
import type { HeldNode } from '@nodepool/store';
import { openMemoryStore } from '@nodepool/store/memory';
import { newNode } from '@nodepool/store/testing';
import { startWebServer } from '@nodepool/web';

const nodes = 5_000;
const changesPerSecond = 1_000;
const rounds = 3;

interface Seen {
  readonly clients: number;
  readonly bytes: number;
  /** Of one client, which unpacks what it gets. */
  readonly frames: number;
}

async function follow(url: string, clients: number): Promise<void> {
  const seen = { clients: 0, bytes: 0, frames: 0 };
  for (let number = 0; number < clients; number += 1) {
    get(`${url}/api/v1/events`, { headers: { 'accept-encoding': 'gzip' }, agent: false }, (response) => {
      seen.clients += 1;
      response.on('data', (chunk: Buffer) => {
        seen.bytes += chunk.length;
      });
      if (number > 0) return;
      response.pipe(createGunzip({ flush: constants.Z_SYNC_FLUSH })).on('data', (chunk: Buffer) => {
        seen.frames += chunk.toString().split('event: change').length - 1;
      });
    });
  }
  process.on('message', () => process.send?.(seen));
}

async function ask(child: ChildProcess): Promise<Seen> {
  child.send('tell');
  const [seen] = (await once(child, 'message')) as [Seen];
  return seen;
}

/** Changes nodes in turn at a steady rate until told to stop. */
async function churn(held: readonly HeldNode[], signal: AbortSignal): Promise<number> {
  const startedAtMs = performance.now();
  let done = 0;
  while (!signal.aborted) {
    const due = ((performance.now() - startedAtMs) / 1000) * changesPerSecond;
    const batch = held.slice(done % nodes, (done % nodes) + Math.max(0, Math.min(200, Math.floor(due) - done)));
    await Promise.all(batch.map((node, place) => node.update({ comment: `change ${done + place}` })));
    done += batch.length;
    await systemClock.sleep(10, signal).catch(() => undefined);
  }
  return (done / (performance.now() - startedAtMs)) * 1000;
}

/** The own work: how many updates a second. */
async function ownRate(node: HeldNode, seconds: number): Promise<number> {
  const startedAtMs = performance.now();
  let done = 0;
  while (performance.now() - startedAtMs < seconds * 1000) {
    await node.update({ comment: `own ${done}` });
    done += 1;
    // Other work has its turn, as between the round trips of a real session.
    if (done % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return (done / (performance.now() - startedAtMs)) * 1000;
}

async function measure(clients: number, seconds: number): Promise<void> {
  const { store, ensemble } = openMemoryStore({ clock: systemClock });
  const zuul = openMemoryStore({ clock: systemClock, ensemble }).store;
  await using caches = await store.openCaches({ resourcesOf: () => ({ instances: 1 }), lagMs: 100 });
  const config = aConfig({
    webapp: { ...aConfig().webapp, port: 0, listenAddress: '127.0.0.1', readsPerSecond: 10_000 },
  });
  await using server = await startWebServer({
    config: { current: () => config, onChange: () => ({ [Symbol.dispose]: () => undefined }) },
    store,
    caches,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    version: 'bench',
    providerFacts: () => [],
    isReady: () => true,
  });
  const held: HeldNode[] = [];
  for (let number = 0; number < nodes; number += 1) held.push(await zuul.nodes.create(newNode()));
  const own = await store.nodes.create(newNode());
  const stop = new AbortController();
  const churning = churn(held, stop.signal);
  await ownRate(own, 1);
  const rates: Record<'without' | 'with', number[]> = { without: [], with: [] };
  const shares: Record<'without' | 'with', number[]> = { without: [], with: [] };
  for (let round = 0; round < rounds; round += 1) {
    rates.without.push(await ownRate(own, seconds));
    shares.without.push(await processorShare(seconds));
    const child = fork(fileURLToPath(import.meta.url), ['follow', server.url, String(clients)]);
    while ((await ask(child)).clients < clients) await systemClock.sleep(100);
    const before = await ask(child);
    rates.with.push(await ownRate(own, seconds));
    const after = await ask(child);
    const frames = (after.frames - before.frames) / seconds;
    const bytes = (after.bytes - before.bytes) / seconds / clients;
    console.log(
      `round ${round + 1}: ${frames.toFixed(1)} frames/s, ${(bytes / 1024).toFixed(0)} KiB/s for each client`,
    );
    shares.with.push(await processorShare(seconds));
    child.kill();
    await once(child, 'exit');
  }
  stop.abort();
  const [without, withClients] = [median(rates.without), median(rates.with)];
  console.log(`changes by others: ${(await churning).toFixed(0)}/s`);
  console.log(`own rate without clients: ${without.toFixed(0)}/s, with ${clients}: ${withClients.toFixed(0)}/s`);
  const [alone, watched] = [median(shares.without), median(shares.with)].map((share) => (share * 100).toFixed(1));
  console.log(`processor: ${alone} % of a core without clients, ${watched} % with`);
  console.log(`fall: ${((1 - withClients / without) * 100).toFixed(1)} %`);
}

/** Share of one core that this process takes while only others change something. */
async function processorShare(seconds: number): Promise<number> {
  const startedAtMs = performance.now();
  const before = process.cpuUsage();
  await systemClock.sleep(seconds * 1000);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / (performance.now() - startedAtMs);
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const [first = '200', second = '10', third = '0'] = process.argv.slice(2);
if (first === 'follow') await follow(second, Number(third));
else await measure(Number(first), Number(second));
