import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the cloud in that directory was started with, as `TESTCLOUD_<name>`. */
export async function readSetting(dir: string, name: 'PASSWORD' | 'PORT_BASE'): Promise<string> {
  const settings = await readFile(join(dir, 'settings'), 'utf8');
  const value = new RegExp(`^TESTCLOUD_${name}=(.+)$`, 'm').exec(settings)?.[1];
  if (value === undefined) throw new Error(`${dir} is not the directory of a test cloud`);
  return value;
}
