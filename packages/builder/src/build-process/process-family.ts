import { errorCode } from '@nodepool/runtime';
import { listProcesses, type ProcessEntry, wasStartedWith } from './process-table.js';

/** How the processes of one command are told from others. */
export interface FamilyTraits {
  /** Pid of the command, which leads its own session and group; undefined when it is not known. */
  readonly leader: number | undefined;
  /** `NAME=value` that is in the environment of this command and of no other. */
  readonly marker: string;
}

/**
 * Everything a command has started and that still lives: its session and group, whatever carries its marker (a
 * daemon that made a session of its own), and the children of all these.
 */
export async function findFamily(traits: FamilyTraits): Promise<readonly ProcessEntry[]> {
  const all = await listProcesses();
  const marked = await Promise.all(all.map(({ pid }) => wasStartedWith(pid, traits.marker)));
  const pids = new Set(all.filter((_, place) => marked[place] === true).map(({ pid }) => pid));
  return selectFamily(all, traits, (pid) => pids.has(pid));
}

/** The members of a family among `all`; this process is never one of them. */
export function selectFamily(
  all: readonly ProcessEntry[],
  { leader }: FamilyTraits,
  isMarked: (pid: number) => boolean,
): readonly ProcessEntry[] {
  const others = all.filter(({ pid }) => pid !== process.pid);
  const isSeed = (entry: ProcessEntry): boolean =>
    (leader !== undefined && (entry.pgrp === leader || entry.session === leader)) || isMarked(entry.pid);
  const members = new Map(others.filter(isSeed).map((entry) => [entry.pid, entry]));
  for (let before = -1; before !== members.size; ) {
    before = members.size;
    for (const entry of others) if (members.has(entry.ppid)) members.set(entry.pid, entry);
  }
  return [...members.values()];
}

/** Sends a signal to each; a process that has gone meanwhile is fine. */
export function signalAll(processes: readonly ProcessEntry[], signal: NodeJS.Signals): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (errorCode(error) !== 'ESRCH') throw error;
    }
  }
}

/**
 * Kills what is left of a family, which nothing can refuse; new children are found by looking again.
 *
 * @returns what would not die: processes that hang inside the kernel.
 */
export async function killFamily(
  traits: FamilyTraits,
  sleep: (ms: number) => Promise<void>,
): Promise<readonly ProcessEntry[]> {
  for (let round = 0; round < 50; round += 1) {
    const members = await findFamily(traits);
    if (members.length === 0) return [];
    signalAll(members, 'SIGKILL');
    // The kernel announces the end of a process to its parent alone.
    await sleep(Math.min(10 * 2 ** round, 200));
  }
  return findFamily(traits);
}
