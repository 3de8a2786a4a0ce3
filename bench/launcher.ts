// Measures launchers on the fake cloud at zero latency: script/bench launcher [--quick] [--only TEXT] [--endurance]
// Prints a table; a full run writes docs/performance/launcher.json and its plot. Processor time and counts say more than
// rates on a machine that does something else beside.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout } from '../test/support/daemon.js';
import { mean, slopeOf } from './measure.js';
import { plotBars } from './plot.js';
import { type Measured, runScenario, type Scenario } from './scenario.js';

const quick = process.argv.includes('--quick');
const endurance = process.argv.includes('--endurance');
const only = process.argv[process.argv.indexOf('--only') + 1];
const isChosen = ({ name }: Scenario): boolean => !process.argv.includes('--only') || name.includes(only ?? '');

const plain = { launchers: 1, providers: 1, minReady: 0, others: 0 } as const;

function burst(count: number, changes: Partial<Scenario> = {}): Scenario {
  const { launchers = 1, others = 0 } = changes;
  const name = [
    `burst ${count}`,
    ...(launchers > 1 ? [`${launchers} launchers`] : []),
    ...(changes.bystanders === undefined ? [] : [`${changes.bystanders} of them idle`]),
    ...(others > 0 ? [`${others} others`] : []),
    ...(changes.providers === undefined ? [] : [`${changes.providers} clouds`]),
  ].join(', ');
  return { ...plain, ...changes, name, load: { count } };
}

function steady(seconds: number): Scenario {
  return { ...plain, name: '50 a second, each used 1 s', load: { count: 50 * seconds, perSecond: 50, useMs: 1_000 } };
}

/** Requests one after another, so many open at a time, every node used and released. */
function endless(count: number, noteEvery: number): Scenario {
  return { ...plain, name: `${count} requests, 50 at a time`, load: { count, concurrency: 50, useMs: 0 }, noteEvery };
}

const short: readonly Scenario[] = [
  burst(300),
  burst(300, { others: 2_000 }),
  steady(10),
  burst(300, { launchers: 2, providers: 2 }),
  burst(300, { launchers: 4, providers: 2 }),
  { ...plain, name: 'idle, 300 ready', minReady: 300, idleSec: 10 },
];

const full: readonly Scenario[] = [
  burst(100),
  burst(1_000),
  burst(5_000),
  burst(1_000, { others: 1_000 }),
  burst(1_000, { others: 10_000 }),
  burst(5_000, { others: 10_000 }),
  { ...plain, name: 'one at a time, node waiting', minReady: 50, load: { count: 200, concurrency: 1, useMs: 0 } },
  steady(60),
  { ...plain, name: 'whole life, 50 at a time', load: { count: 1_000, concurrency: 50, useMs: 0 } },
  { ...plain, name: 'min-ready 1000 from start', minReady: 1_000 },
  burst(1_000, { providers: 2, warmUp: 1_000 }),
  burst(1_000, { launchers: 2, providers: 2, warmUp: 2_000 }),
  burst(1_000, { launchers: 4, providers: 2, warmUp: 4_000 }),
  burst(2_000, { launchers: 2, bystanders: 1, warmUp: 2_000 }),
  { ...plain, name: 'idle, 2000 ready', minReady: 2_000, idleSec: 60 },
];

const columns: readonly (readonly [string, (measured: Measured) => string])[] = [
  ['fulfilled', ({ fulfilled }) => String(fulfilled)],
  ['per s', ({ perSecond }) => perSecond.toFixed(0)],
  ['p50 ms', ({ p50Ms }) => p50Ms.toFixed(0)],
  ['p99 ms', ({ p99Ms }) => p99Ms.toFixed(0)],
  ['CPU ms each', ({ cpuMsPerRequest }) => cpuMsPerRequest.toFixed(2)],
  ['bystander', ({ bystanderCpuMsPerRequest }) => bystanderCpuMsPerRequest.toFixed(3)],
  ['core %', ({ coreShare }) => (100 * coreShare).toFixed(1)],
  ['peak MiB', ({ peakRssMiB }) => peakRssMiB.toFixed(0)],
  ['now MiB', ({ rssMiB }) => rssMiB.toFixed(0)],
  ['ZK each', ({ zkRequestsPerRequest }) => zkRequestsPerRequest.toFixed(1)],
  ['ZK per s', ({ zkRequestsPerSecond }) => zkRequestsPerSecond.toFixed(1)],
  ['least share', ({ leastShare }) => leastShare.toFixed(2)],
  ['start s', ({ startMs }) => (startMs / 1000).toFixed(1)],
  ['start CPU s', ({ startCpuSec }) => startCpuSec.toFixed(1)],
];

const scenarios = (endurance ? [endless(200_000, 2_000)] : quick ? short : full).filter(isChosen);
const results: Measured[] = [];
console.log(['scenario'.padEnd(40), ...columns.map(([title]) => title.padStart(11))].join(' '));
for (const scenario of scenarios) {
  const measured = await runScenario(scenario);
  results.push(measured);
  console.log([scenario.name.padEnd(40), ...columns.map(([, show]) => show(measured).padStart(11))].join(' '));
}
if (endurance) {
  // The mean of ten notes: what a collection has just freed or is about to free says nothing.
  const noted = results[0]?.rssNotedMiB ?? [];
  const before = mean(noted.slice(5, 15));
  const after = mean(noted.slice(-10));
  console.log(`RSS around 20,000 requests ${before.toFixed(1)} MiB, at the end ${after.toFixed(1)} MiB`);
  console.log(
    `growth ${((100 * (after - before)) / before).toFixed(1)} %, ${slopeOf(noted.slice(5)).toFixed(3)} MiB per note`,
  );
}
if (!quick && !endurance && !process.argv.includes('--only')) {
  const folder = join(checkout, 'docs/performance');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'launcher.json'), `${JSON.stringify(results, undefined, 2)}\n`);
  const bursts = results.filter(({ name }) => name.startsWith('burst'));
  await writeFile(
    join(folder, 'launcher.svg'),
    plotBars(
      'Requests fulfilled per second',
      bursts.map(({ name, perSecond }) => ({ name, value: perSecond })),
    ),
  );
}
