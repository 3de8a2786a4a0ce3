import type { Clock, Logger } from '@nodepool/runtime';
import { findFamily, killFamily, signalAll } from './process-family.js';
import { bootId, readProcess } from './process-table.js';
import { type RunningFile, readRunningFiles, removeRunningFile } from './running-file.js';

/**
 * Ends what builds of a builder that died have left running. Their files and records are retention's.
 */
export async function endOrphans(imagesDir: string, options: EndOrphansOptions): Promise<void> {
  const files = await readRunningFiles(imagesDir);
  await Promise.all(files.map((file) => endOrphan(imagesDir, file, options)));
}

export interface EndOrphansOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Between SIGTERM and SIGKILL, milliseconds. */
  readonly graceMs: number;
}

async function endOrphan(imagesDir: string, file: RunningFile, options: EndOrphansOptions): Promise<void> {
  const { clock, log, graceMs } = options;
  const leader = await provenLeader(file);
  const traits = { leader, marker: file.marker };
  const orphans = await findFamily(traits);
  if (orphans.length > 0) {
    signalAll(orphans, 'SIGTERM');
    if (leader !== undefined) await waitFor(file, clock, graceMs);
    const survivors = await killFamily(traits, (ms) => clock.sleep(ms));
    const pids = orphans.map(({ pid }) => pid);
    log.warn({ build: file.build, pids, survivors: survivors.length }, 'ended processes of an abandoned build');
  }
  await removeRunningFile(imagesDir, file.build);
}

/** The pid alone proves nothing: it may have been given to another process since. */
async function provenLeader(file: RunningFile): Promise<number | undefined> {
  if (file.pid === null || file.startTicks === null || file.bootId !== (await bootId())) return undefined;
  const entry = await readProcess(file.pid);
  return entry?.startTicks === file.startTicks && !entry.zombie ? file.pid : undefined;
}

/** The command alone knows how to clean up. It is not our child, so nothing tells of its end. */
async function waitFor(file: RunningFile, clock: Clock, graceMs: number): Promise<void> {
  const untilMs = clock.monotonicMs() + graceMs;
  while (clock.monotonicMs() < untilMs && (await provenLeader(file)) !== undefined) await clock.sleep(100);
}
