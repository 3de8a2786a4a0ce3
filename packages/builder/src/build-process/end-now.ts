import { readdirSync, readFileSync } from 'node:fs';
import { type FamilyTraits, selectFamily, signalAll } from './process-family.js';
import { type ProcessEntry, parseStat } from './process-table.js';

const stepMs = 50;

/**
 * Ends families of processes before it returns, for a process that itself is about to end: SIGTERM, a moment to clean
 * up, SIGKILL.
 *
 * @param graceMs blocks the process for at most about this long.
 */
export function endFamiliesNow(families: readonly FamilyTraits[], graceMs: number): void {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const members = (): readonly ProcessEntry[] => families.flatMap(findFamilyNow);
  let left = members();
  if (left.length > 0) signalAll(left, 'SIGTERM');
  for (let waitedMs = 0; waitedMs < graceMs && left.length > 0; waitedMs += stepMs) {
    Atomics.wait(sleeper, 0, 0, stepMs);
    left = members();
  }
  if (left.length > 0) signalAll(left, 'SIGKILL');
}

function findFamilyNow(traits: FamilyTraits): readonly ProcessEntry[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const all = pids.map((pid) => readStat(Number(pid))).filter((entry) => entry !== undefined && !entry.zombie);
  return selectFamily(all as readonly ProcessEntry[], traits, (pid) => readEnviron(pid).includes(traits.marker));
}

function readStat(pid: number): ProcessEntry | undefined {
  try {
    return parseStat(pid, readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

function readEnviron(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
