// The main job on real parts: script/demo [--check] [--keep] [--data-dir DIR]
// Starts `nodepool standalone` on examples/demo/nodepool.yaml, watches an image being built and machines booted from
// it, borrows one of them as a CI system would, runs a command on it over SSH, gives it back and sees it replaced.
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { untilAborted } from '@nodepool/runtime';
import { Listr } from 'listr2';
import { checkout, type DemoPlace, mustRun, nodepool, nodepoolArgs, startStandalone } from './commands.js';
import { type DemoContext, demoSteps, type Figures } from './steps.js';
import { leftovers, takeDown } from './take-down.js';

interface Options {
  readonly check: boolean;
  readonly keep: boolean;
  readonly dataDir: string | undefined;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: { check: { type: 'boolean' }, keep: { type: 'boolean' }, 'data-dir': { type: 'string' } },
  });
  return { check: values.check === true, keep: values.keep === true, dataDir: values['data-dir'] };
}

async function prepare(options: Options): Promise<DemoPlace> {
  const dataDir =
    options.dataDir === undefined ? await mkdtemp(join(tmpdir(), 'nodepool-demo-')) : resolve(options.dataDir);
  await mkdir(join(dataDir, 'ssh'), { recursive: true, mode: 0o700 });
  const env = {
    ...process.env,
    NODEPOOL_DATA_DIR: dataDir,
    NODEPOOL_ELEMENTS_DIR: join(checkout, 'examples/elements'),
  };
  const key = join(dataDir, 'ssh/id_ed25519');
  await rm(key, { force: true });
  await mustRun(
    'ssh-keygen',
    ['-q', '-t', 'ed25519', '-N', '', '-C', 'nodepool-demo', '-f', key],
    env,
    AbortSignal.timeout(10_000),
  );
  const config = join(dataDir, 'nodepool.yaml');
  await copyFile(join(checkout, 'examples/demo/nodepool.yaml'), config);
  return { dataDir, config, env };
}

async function showTables(place: DemoPlace, signal: AbortSignal): Promise<void> {
  for (const command of ['dib-image-list', 'image-list', 'list']) {
    process.stdout.write(`\n$ nodepool ${command}\n`);
    process.stdout.write(await mustRun(nodepool, nodepoolArgs(place, command), place.env, signal));
  }
}

function figuresLine(figures: Figures): string {
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  return (
    `image ready after ${seconds(figures.imageReadyMs)} s, first machine after ${seconds(figures.firstMachineMs)} s, ` +
    `request fulfilled in ${(figures.fulfilledMs / 1000).toFixed(3)} s`
  );
}

async function stayUp(place: DemoPlace, signal: AbortSignal): Promise<void> {
  process.stdout.write(
    `\nIt goes on running. In another terminal, try:\n` +
      `  export NODEPOOL_DATA_DIR=${place.dataDir}\n` +
      `  ${nodepool} ${nodepoolArgs(place, 'list').join(' ')}\n` +
      `Ctrl-C ends it and removes ${place.dataDir}.\n`,
  );
  await untilAborted(signal);
}

/** Aborts at the first signal. The listeners stay: a library that restores the cursor ends a process that has none. */
function onInterrupt(): AbortSignal {
  const interrupted = new AbortController();
  // Closing the terminal counts as Ctrl-C, and nobody is left to read what is still written.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => interrupted.abort(new Error(`stopped by ${name}`)));
  }
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return interrupted.signal;
}

/** Walks through the whole demo; false, with words on standard error, when a step fails. */
async function show(context: DemoContext, unattended: boolean): Promise<boolean> {
  const { place, signal } = context;
  try {
    const look = { concurrent: false, fallbackRenderer: 'verbose', registerSignalListeners: false } as const;
    await new Listr(demoSteps(context), look).run(context);
    await showTables(place, signal);
    if (context.figures === undefined) return false;
    process.stdout.write(`\n${figuresLine(context.figures)}\n`);
    if (!unattended) await stayUp(place, signal);
    return true;
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : error;
    process.stderr.write(`demo: ${reason instanceof Error ? reason.message : String(reason)}\n`);
    return false;
  }
}

async function main(): Promise<number> {
  const options = readOptions();
  const interrupted = onInterrupt();
  const place = await prepare(options);
  const standalone = startStandalone(place);
  const failed = new AbortController();
  standalone.died.catch((error: unknown) => failed.abort(error));
  const signal = AbortSignal.any([interrupted, failed.signal]);
  const context: DemoContext = { place, signal, startedAtMs: performance.now() };
  const succeeded = await show(context, options.check || !process.stdout.isTTY);
  await takeDown(context, standalone);
  const left = leftovers(place.dataDir);
  for (const line of left) process.stderr.write(`demo: still running: ${line}\n`);
  const isOver = (succeeded || interrupted.aborted) && left.length === 0;
  if (isOver && !options.keep) await rm(place.dataDir, { recursive: true, force: true });
  else process.stderr.write(`demo: everything it wrote is in ${place.dataDir}\n`);
  return isOver ? 0 : 1;
}

process.exitCode = await main();
