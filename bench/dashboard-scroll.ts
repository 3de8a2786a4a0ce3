// What scrolling through many nodes costs a browser: script/bench dashboard-scroll [NODES] [CHANGES_PER_SECOND]
// Told: processor time of the page's main thread for each frame while it scrolls, and for each
// second while it does not; the changes are applied in both. The time between frames is told as well: where the machine
// does something else beside, only processor time is to be trusted. 60 frames a second leave 16.7 ms for each.
import { aConfig } from '@nodepool/config/testing';
import { silentLogger, systemClock, systemRandom } from '@nodepool/runtime';
import type { HeldNode } from '@nodepool/store';
import { openMemoryStore } from '@nodepool/store/memory';
import { newNode } from '@nodepool/store/testing';
import { startWebServer } from '@nodepool/web';
import { chromium } from 'playwright-core';

const frames = 300;
const idleMs = 5_000;
const states = ['ready', 'in-use', 'building', 'used'] as const;

/** Scrolls by 90 px a frame; answers with the times between frames, sorted. */
const scroll = `(async () => {
  const region = document.querySelector('.table-region');
  const times = [];
  let last = performance.now();
  for (let frame = 0; frame < ${frames}; frame += 1) {
    region.scrollTop += 90;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  return times.sort((left, right) => left - right);
})()`;

async function churn(held: readonly HeldNode[], changesPerSecond: number, signal: AbortSignal): Promise<void> {
  const startedAtMs = performance.now();
  let done = 0;
  while (!signal.aborted) {
    const due = Math.floor(((performance.now() - startedAtMs) / 1000) * changesPerSecond);
    const batch = held.slice(done % held.length, (done % held.length) + Math.min(200, due - done));
    await Promise.all(batch.map((node, place) => node.update({ state: states[(done + place) % 4] ?? 'ready' })));
    done += batch.length;
    await systemClock.sleep(20, signal).catch(() => undefined);
  }
}

const [nodes, changes] = [Number(process.argv[2] ?? 5_000), Number(process.argv[3] ?? 1_000)];
const { store } = openMemoryStore({ clock: systemClock });
await using caches = await store.openCaches({ resourcesOf: () => ({ instances: 1 }), lagMs: 100 });
const base = aConfig({});
const config = aConfig({ webapp: { ...base.webapp, port: 0, listenAddress: '127.0.0.1' } });
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
for (let number = 0; number < nodes; number += 1) held.push(await store.nodes.create(newNode()));
const stop = new AbortController();
const churning = churn(held, changes, stop.signal);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.goto(`${server.url}/#/nodes`);
await page.getByText('Live', { exact: true }).waitFor();
const session = await page.context().newCDPSession(page);
await session.send('Performance.enable', { timeDomain: 'threadTicks' });
const busyMs = async (): Promise<number> => {
  const { metrics } = await session.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN) * 1000;
};
const start = await busyMs();
await systemClock.sleep(idleMs);
const rested = await busyMs();
const times = await page.evaluate<readonly number[]>(scroll);
const scrolled = await busyMs();
const at = (share: number): string => (times[Math.floor(times.length * share)] ?? Number.NaN).toFixed(1);
console.log(`${nodes} nodes, ${changes} changes a second`);
console.log(`at rest: ${((rested - start) / (idleMs / 1000)).toFixed(1)} ms of processor time a second`);
console.log(`scrolling: ${((scrolled - rested) / frames).toFixed(1)} ms of processor time a frame`);
console.log(`between frames: ${at(0.5)} ms at the median, ${at(0.95)} ms at 95 %`);
await browser.close();
stop.abort();
await churning;
