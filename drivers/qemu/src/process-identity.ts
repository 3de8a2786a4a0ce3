import { readdir, readFile } from 'node:fs/promises';
import { errorCode } from '@nodepool/runtime';

/** One process and no other: a number is used again, a number with its start time is not. Plain JSON. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from the machine's start to the process's. */
  readonly startTicks: number;
  /** Ticks count from this start of the machine. */
  readonly bootId: string;
}

export interface ProcessStat {
  readonly state: string;
  readonly startTicks: number;
}

/** Reads a line of `/proc/<pid>/stat`; the program's name in it may hold blanks and parentheses. */
export function parseStat(line: string): ProcessStat | undefined {
  const [state, ...fields] = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const startTicks = Number(fields[18]);
  return state === undefined || state === '' || !Number.isFinite(startTicks) ? undefined : { state, startTicks };
}

/** The identity of a running process; undefined when there is none with this number, or only its remains. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readIfPresent(`/proc/${pid}/stat`);
  const parsed = stat === undefined ? undefined : parseStat(stat);
  // Z and X are remains that nobody has collected: they hold no files and run no code.
  if (parsed === undefined || parsed.state === 'Z' || parsed.state === 'X') return undefined;
  return { pid, startTicks: parsed.startTicks, bootId: await bootId() };
}

export async function isAlive(process: ProcessIdentity): Promise<boolean> {
  const now = await identify(process.pid);
  return now?.startTicks === process.startTicks && now.bootId === process.bootId;
}

/** Kills exactly this process; does nothing when it has ended, whoever has its number now. */
export async function kill(target: ProcessIdentity): Promise<void> {
  if (!(await isAlive(target))) return;
  try {
    process.kill(target.pid, 'SIGKILL');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/** The process that was started with `argument` among its arguments. */
export async function findByArgument(argument: string): Promise<ProcessIdentity | undefined> {
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const line = await readIfPresent(`/proc/${entry}/cmdline`);
    if (line?.split('\0').includes(argument) === true) {
      const found = await identify(Number(entry));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Changes with every start of the machine. */
export async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // ESRCH: the process ended between opening and reading.
    if (['ENOENT', 'ESRCH'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}
