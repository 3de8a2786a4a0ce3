import { readdir, readFile } from 'node:fs/promises';
import { errorCode, identify, isAlive, type ProcessIdentity } from '@nodepool/runtime';

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
    if ((await argumentsOf(entry)).includes(argument)) {
      const found = await identify(Number(entry));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** None when the process has ended. */
async function argumentsOf(pid: string): Promise<readonly string[]> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  } catch (error) {
    // ESRCH: it ended between opening and reading.
    if (['ENOENT', 'ESRCH'].includes(errorCode(error) ?? '')) return [];
    throw error;
  }
}
