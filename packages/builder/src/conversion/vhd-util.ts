import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A tool that lists its commands answers at once. */
const patienceMs = 5_000;

/**
 * Whether there is a `vhd-util` that diskimage-builder can use: the one of Xen's packages lacks the command `convert`,
 * which a patch adds. Asked for help, or for a command it does not know, it lists those that it has.
 *
 * @param searchPath `PATH` of the build.
 */
export async function hasUsableVhdUtil(searchPath: string | undefined, signal: AbortSignal): Promise<boolean> {
  try {
    const env = { ...process.env, PATH: searchPath ?? '' };
    const { stdout, stderr } = await execute('vhd-util', ['help'], { env, signal, timeout: patienceMs });
    return listsConvert(stdout + stderr);
  } catch (error) {
    return error instanceof Error && 'stdout' in error && listsConvert(String(error.stdout));
  }
}

function listsConvert(text: string): boolean {
  return /^COMMAND := .*\bconvert\b/m.test(text);
}
