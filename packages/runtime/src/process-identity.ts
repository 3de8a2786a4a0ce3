import { readFile } from 'node:fs/promises';
import { errorCode } from './errors.js';

/** One process and no other: a pid is used again, a pid with its start time is not. Plain JSON. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from the machine's start to the process's. Source: proc(5), field 22 of stat. */
  readonly startTicks: number;
  /** Ticks count from this start of the machine. */
  readonly bootId: string;
}

/** Identity of a running process; undefined when there is none with this pid, or only its remains. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readIfPresent(`/proc/${pid}/stat`);
  const startTicks = stat === undefined ? undefined : parseStartTicks(stat);
  return startTicks === undefined ? undefined : { pid, startTicks, bootId: await bootId() };
}

/** True while the very process that `identity` was taken of lives. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const now = await identify(identity.pid);
  return now?.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/** An identity that was written as JSON; undefined for any other text. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const { pid, startTicks, bootId: boot } = JSON.parse(text) as Partial<Record<keyof ProcessIdentity, unknown>>;
    if (typeof pid !== 'number' || typeof startTicks !== 'number' || typeof boot !== 'string') return undefined;
    return { pid, startTicks, bootId: boot };
  } catch {
    return undefined;
  }
}

/** Differs after each start of the machine; empty where the system does not say. */
export async function bootId(): Promise<string> {
  return (await readIfPresent('/proc/sys/kernel/random/boot_id'))?.trim() ?? '';
}

/** Undefined for remains that nobody has collected: they hold no files and run no code. */
export function parseStartTicks(stat: string): number | undefined {
  // The program's name comes before, and may hold blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, ticks] = [fields[0], Number(fields[19])];
  return state === 'Z' || state === 'X' || !Number.isFinite(ticks) ? undefined : ticks;
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
