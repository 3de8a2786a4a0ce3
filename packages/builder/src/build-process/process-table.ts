import { readdir, readFile } from 'node:fs/promises';

/** One process, as `/proc` shows it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly ppid: number;
  readonly pgrp: number;
  readonly session: number;
  /** Clock ticks since boot; with the pid and the boot id it names a process for good. */
  readonly startTicks: number;
  readonly zombie: boolean;
}

/** Undefined when it is gone, or where there is no `/proc`. */
export async function readProcess(pid: number): Promise<ProcessEntry | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  return text === undefined ? undefined : parseStat(pid, text);
}

/** The content of `/proc/<pid>/stat`. Source: proc(5). */
export function parseStat(pid: number, text: string): ProcessEntry {
  // The second field is the program's name in parentheses and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const number = (field: number): number => Number(fields[field - 3]);
  return {
    pid,
    ppid: number(4),
    pgrp: number(5),
    session: number(6),
    startTicks: number(22),
    zombie: fields[0] === 'Z' || fields[0] === 'X',
  };
}

/** All living processes; empty where there is no `/proc`. */
export async function listProcesses(): Promise<readonly ProcessEntry[]> {
  const names = await readdir('/proc').catch(() => []);
  const entries = await Promise.all(
    names.filter((name) => /^\d+$/.test(name)).map((name) => readProcess(Number(name))),
  );
  return entries.filter((entry) => entry !== undefined && !entry.zombie) as readonly ProcessEntry[];
}

/** Whether the process was started with `assignment` (`NAME=value`) in its environment; false when it cannot be read. */
export async function wasStartedWith(pid: number, assignment: string): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return text.split('\0').includes(assignment);
}

/** Differs after each boot; empty where the system does not say. */
export async function bootId(): Promise<string> {
  const text = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return text.trim();
}
