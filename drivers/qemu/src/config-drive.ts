import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProviderError } from '@nodepool/driver-api';
import { errorCode } from '@nodepool/runtime';
import { type ProgramDeps, runProgram } from './run-program.js';

export interface ConfigDriveContent {
  readonly uuid: string;
  readonly hostname: string;
  readonly publicKeys: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  readonly userdata: string | undefined;
}

const timeoutMs = 30_000;

/** `meta_data.json` as OpenStack writes it, which cloud-init, Ignition, glean and others read. */
export function metaData(content: ConfigDriveContent): Readonly<Record<string, unknown>> {
  const keys = content.publicKeys.map((key, index) => ({ name: `key-${index}`, type: 'ssh', data: key }));
  return {
    uuid: content.uuid,
    name: content.hostname,
    hostname: content.hostname,
    launch_index: 0,
    public_keys: Object.fromEntries(keys.map(({ name, data }) => [name, data])),
    keys,
    meta: content.meta,
  };
}

/** Writes the disk `path`: an ISO file system labelled `config-2`. */
export async function writeConfigDrive(path: string, content: ConfigDriveContent, deps: ProgramDeps): Promise<void> {
  const tree = `${path}.tree`;
  const latest = join(tree, 'openstack', 'latest');
  await mkdir(latest, { recursive: true });
  await writeFile(join(latest, 'meta_data.json'), JSON.stringify(metaData(content)));
  if (content.userdata !== undefined) await writeFile(join(latest, 'user_data'), content.userdata);
  const args = ['-as', 'mkisofs', '-quiet', '-volid', 'config-2', '-joliet', '-rational-rock', '-o', path, tree];
  await runProgram('xorriso', args, timeoutMs, deps);
  await rm(tree, { recursive: true, force: true });
}

/**
 * The keys of the configuration, from the list or from its file; read anew for each machine.
 *
 * @throws ProviderError `misconfigured` when the file cannot be read.
 */
export async function readAuthorizedKeys(source: readonly string[] | string): Promise<readonly string[]> {
  if (typeof source !== 'string') return source.map((key) => key.trim());
  try {
    const lines = (await readFile(source, 'utf8')).split('\n').map((line) => line.trim());
    return lines.filter((line) => line !== '' && !line.startsWith('#'));
  } catch (error) {
    const reason = errorCode(error) ?? 'unreadable';
    throw new ProviderError('misconfigured', `authorized-keys: ${source} cannot be read (${reason})`, { cause: error });
  }
}
