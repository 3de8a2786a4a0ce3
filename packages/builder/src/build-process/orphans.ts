import type { Clock, Logger } from '@nodepool/runtime';
import { findFamily, killFamily, signalAll } from './process-family.js';
import { bootId, readProcess } from './process-table.js';
import { type RunningFile, readRunningFiles, removeRunningFile } from './running-file.js';

/**
 * Ends what builds of a builder that died have left running. Their files and records are retention's.
 *
 * @param graceMs between SIGTERM and SIGKILL.
 */
export async function endOrphans(
  imagesDir: string,
  { clock, log, graceMs }: { readonly clock: Clock; readonly log: Logger; readonly graceMs: number },
): Promise<void> {
  for (const file of await readRunningFiles(imagesDir)) {
    const traits = { leader: await provenLeader(file), marker: file.marker };
    const orphans = await findFamily(traits);
    if (orphans.length > 0) {
      signalAll(orphans, 'SIGTERM');
      await waitUntilGone(traits, clock, graceMs);
      const survivors = await killFamily(traits, (ms) => clock.sleep(ms));
      const pids = orphans.map(({ pid }) => pid);
      log.warn({ build: file.build, pids, survivors: survivors.length }, 'ended processes of an abandoned build');
    }
    await removeRunningFile(imagesDir, file.build);
  }
}

/** The pid alone proves nothing: it may have been given to another process since. */
async function provenLeader(file: RunningFile): Promise<number | undefined> {
  if (file.pid === null || file.startTicks === null || file.bootId !== (await bootId())) return undefined;
  const entry = await readProcess(file.pid);
  return entry?.startTicks === file.startTicks ? file.pid : undefined;
}

/** They are not our children, so nothing tells of their end. */
async function waitUntilGone(traits: Parameters<typeof findFamily>[0], clock: Clock, graceMs: number): Promise<void> {
  const stepMs = 100;
  for (let waitedMs = 0; waitedMs < graceMs; waitedMs += stepMs) {
    if ((await findFamily(traits)).length === 0) return;
    await clock.sleep(stepMs);
  }
}
