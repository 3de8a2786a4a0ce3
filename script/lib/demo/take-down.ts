import { readdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { mustRun, nodepool, nodepoolArgs, type Standalone } from './commands.js';
import type { DemoContext } from './steps.js';
import type { World } from './world.js';

/** Gives every machine back, then ends Nodepool. Machines outlive their launcher, so they must go first. */
export async function takeDown(context: DemoContext, standalone: Standalone): Promise<void> {
  try {
    if (context.world !== undefined && standalone.process.exitCode === null) await drain(context, context.world);
  } catch (error) {
    process.stderr.write(`demo: machines were left: ${error instanceof Error ? error.message : String(error)}\n`);
  } finally {
    await context.world?.[Symbol.asyncDispose]();
    await standalone.stop();
  }
}

/** What an operator does: no standing stock in the configuration, then `nodepool delete` for what is there. */
async function drain({ place }: DemoContext, world: World): Promise<void> {
  const signal = AbortSignal.timeout(120_000);
  const config = await readFile(place.config, 'utf8');
  await writeFile(place.config, config.replace(/min-ready: \d+/, 'min-ready: 0'));
  const { nodes } = world.caches;
  while (nodes.size > 0) {
    for (const { record } of [...nodes.byState('ready')]) {
      await mustRun(nodepool, nodepoolArgs(place, 'delete', record.id), place.env, signal);
    }
    const look = (): true | undefined =>
      nodes.size === 0 || [...nodes.byState('ready')].length > 0 ? true : undefined;
    await world.until('the last machine to go', look, 90_000, signal);
  }
}

/** Command lines of processes that mention the data directory, ourselves apart. */
export function leftovers(dataDir: string): readonly string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.map(commandLine).filter((line) => line.includes(dataDir));
}

function commandLine(pid: string): string {
  try {
    return `${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()}`;
  } catch {
    return '';
  }
}
