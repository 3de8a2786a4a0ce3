import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What the `openstack` command prints; `dir` is the test cloud's, the account that of Nodepool. */
export async function openstackCommand(dir: string, ...words: readonly string[]): Promise<string> {
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: dir,
    LANG: 'C.UTF-8',
    OS_CLIENT_CONFIG_FILE: join(dir, 'clouds.yaml'),
    OS_CLOUD: 'testcloud',
  };
  return (await run('/usr/bin/openstack', [...words], { env, timeout: 240_000 })).stdout;
}
