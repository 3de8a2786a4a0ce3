import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Random } from '@nodepool/runtime';
import { startEnsemble, type TestEnsemble } from '@nodepool/zookeeper/testing';
import { eventually } from '../support/cluster.js';
import { checkout } from '../support/daemon.js';
import { writeFakeImageCreate } from '../support/image-create.js';
import { PythonProgram } from '../support/python.js';
import { cloudDir, labels, stock } from './configuration.js';
import { drawFault } from './faults.js';
import { createVictim, type Victim } from './victim.js';

export interface CampaignOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly random: Random;
  /** Empty; logs of all processes stay in it. */
  readonly folder: string;
  /** One line for people. */
  readonly say: (line: string) => void;
}

export interface Verdict {
  /** Empty when everything held. */
  readonly problems: readonly string[];
  readonly faults: number;
  readonly load: unknown;
  readonly changes: unknown;
}

/** Seconds after which a record may no longer be in a state that should pass, faults and retries included. */
const limits = {
  'node init': 90,
  'node building': 180,
  'node used': 90,
  'node failed': 90,
  'node aborted': 90,
  'node deleting': 120,
  'node deleted': 60,
  'request requested': 180,
  'request pending': 180,
  'build building': 90,
  'build deleting': 180,
  'upload uploading': 90,
  'upload deleting': 180,
};

const load = { threads: 14, pause: 1.5, hold: 4, cancel_share: 0.1, patience: 180 };
const busiest = 3;
const stockTimeoutMs = 90_000;
const agreementTimeoutMs = 120_000;

const run = promisify(execFile);
const program = (name: string): string => join(checkout, 'test/chaos/python', name);
const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Three launchers, two builders and three servers under load, while faults befall them. Throws only when it cannot begin. */
export async function runCampaign(options: CampaignOptions): Promise<Verdict> {
  const { folder, say, seed } = options;
  for (const kind of ['instances', 'images']) await mkdir(join(cloudDir(folder), kind), { recursive: true });
  await writeFakeImageCreate(folder);
  await using things = new AsyncDisposableStack();
  const ensemble = things.use(await startEnsemble(3));
  const problems: string[] = [];
  const note = (problem: string): void => {
    problems.push(problem);
    say(`WRONG: ${problem}`);
  };
  const victims = await startVictims(options, ensemble, note, things);
  const settings = {
    directories: ensemble.servers.map(({ dataDir }) => dataDir),
    hosts: ensemble.connectString,
    cloud: cloudDir(folder),
    limits,
    stock,
  };
  const checker = things.use(await PythonProgram.start(program('checker.py'), [JSON.stringify(settings)]));
  await untilAgreed(checker, stockTimeoutMs, 'the stock before the load');
  const client = things.use(
    await PythonProgram.start(program('load.py'), [ensemble.connectString, JSON.stringify({ ...load, labels, seed })]),
  );
  await client.run('start');
  const watch = { checker, client, note };
  const faults = await disturb(options, { victims, ensemble, random: options.random }, () => look(watch));
  say('no more faults; the jobs there are come to their end');
  await client.run('stop');
  await untilAgreed(checker, agreementTimeoutMs, 'tree and cloud agree').catch((error: Error) => note(error.message));
  await look({ ...watch, toEnd: true });
  await keepLogs(ensemble, folder);
  return { problems, faults, load: await client.run('counts'), changes: await checker.run('counts') };
}

/** What the servers have logged tells afterwards how it came to a problem; their own folders go with them. */
async function keepLogs(ensemble: TestEnsemble, folder: string): Promise<void> {
  for (const [index, { dataDir }] of ensemble.servers.entries()) {
    const to = join(folder, `zookeeper-${index + 1}`);
    await mkdir(to);
    // The files are mostly holes.
    await run('cp', ['-r', '--sparse=always', join(dataDir, 'version-2'), to]);
  }
}

async function startVictims(
  { folder }: CampaignOptions,
  ensemble: TestEnsemble,
  note: (problem: string) => void,
  things: AsyncDisposableStack,
): Promise<readonly Victim[]> {
  const names = ['launcher-1', 'launcher-2', 'launcher-3', 'builder-1', 'builder-2'];
  const victims: Victim[] = [];
  for (const name of names) {
    const victim = await createVictim({
      name,
      program: name.startsWith('launcher') ? 'nodepool-launcher' : 'nodepool-builder',
      folder,
      serverPorts: ensemble.servers.map(({ port }) => port),
      onEnd: note,
    });
    things.use(victim);
    victim.start();
    victims.push(victim);
  }
  return victims;
}

/** Injects faults until the time is over and every one of them has healed; returns how many. */
async function disturb(
  { minutes, say }: CampaignOptions,
  scene: Parameters<typeof drawFault>[0],
  check: () => Promise<void>,
): Promise<number> {
  const startedAtMs = performance.now();
  const elapsed = (): string => `+${((performance.now() - startedAtMs) / 1000).toFixed(1).padStart(6)} s`;
  const active = new Map<string, Promise<void>>();
  let count = 0;
  while (performance.now() - startedAtMs < minutes * 60_000) {
    await pass(500 + scene.random.next() * 3_500);
    await check();
    const fault = await drawFault(scene);
    if (active.size >= busiest || active.has(fault.target)) continue;
    count += 1;
    say(`${elapsed()}  ${fault.words}`);
    active.set(
      fault.target,
      fault.inject().finally(() => active.delete(fault.target)),
    );
  }
  await Promise.all(active.values());
  return count;
}

/** Takes in what the two programs have found since the last look. */
async function look({
  checker,
  client,
  note,
  toEnd = false,
}: {
  readonly checker: PythonProgram;
  readonly client: PythonProgram;
  readonly note: (problem: string) => void;
  readonly toEnd?: boolean;
}): Promise<void> {
  const violations = (await checker.run('violations', { to_end: toEnd })) as readonly Violation[];
  for (const { time, zxid, words } of violations) {
    note(`${new Date(time * 1000).toISOString()} zxid ${zxid}: ${words}`);
  }
  for (const problem of (await client.run('problems')) as readonly string[]) note(problem);
}

interface Violation {
  readonly time: number;
  readonly zxid: string;
  readonly words: string;
}

function untilAgreed(checker: PythonProgram, timeoutMs: number, what: string): Promise<void> {
  return eventually(what, async () => ((await checker.run('disagreement')) as string | null) ?? undefined, timeoutMs);
}
