import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const script = join(import.meta.dirname, '../../../../test/images/build-mini-image.sh');

/** The path of the image that tests boot, as qcow2; built when it is not there yet, which takes some ten seconds. */
export async function miniImage(): Promise<string> {
  const { stdout } = await promisify(execFile)(script, { timeout: 300_000 });
  return `${stdout.trim()}.qcow2`;
}
