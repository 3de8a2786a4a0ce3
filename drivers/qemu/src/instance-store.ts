import { open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, errorCode, isAlive, type Logger, type ProcessIdentity } from '@nodepool/runtime';
import { z } from 'zod';
import { listFolders, readJson, statIfPresent, writeJson } from './files.js';
import { findByArgument } from './qemu-process.js';

const InstanceRecord = z.object({
  id: z.string(),
  uuid: z.string(),
  tags: z.record(z.string(), z.string()),
  /** What the instance takes of the provider's quota. */
  resources: z.record(z.string(), z.number()),
  accelerator: z.enum(['kvm', 'tcg']),
  mac: z.string(),
  /** Null until qemu runs. */
  started: z
    .object({
      process: z.object({ pid: z.int(), startTicks: z.number(), bootId: z.string() }),
      /** Port on loopback that leads to the machine; null on a bridge. */
      port: z.int().nullable(),
    })
    .nullable(),
});

/** What is known of an instance: the file `instance.json` in its folder, written before qemu starts. */
export type InstanceRecord = z.infer<typeof InstanceRecord>;

export const recordName = 'instance.json';

/** The files of one instance. */
export interface InstanceFiles {
  readonly folder: string;
  readonly record: string;
  readonly disk: string;
  readonly configDrive: string;
  readonly console: string;
  /** What qemu itself has to say. */
  readonly log: string;
  readonly pid: string;
  readonly monitor: string;
}

export function instanceFiles(instances: string, id: string): InstanceFiles {
  const folder = join(instances, id);
  return {
    folder,
    record: join(folder, recordName),
    disk: join(folder, 'disk.qcow2'),
    configDrive: join(folder, 'config-drive.iso'),
    console: join(folder, 'console.log'),
    log: join(folder, 'qemu.log'),
    pid: join(folder, 'qemu.pid'),
    monitor: join(folder, 'qmp'),
  };
}

/** Undefined when there is no such instance. */
export async function readInstance(files: InstanceFiles): Promise<InstanceRecord | undefined> {
  const json = await readJson(files.record);
  return json === undefined ? undefined : InstanceRecord.parse(json);
}

export async function writeInstance(files: InstanceFiles, record: InstanceRecord): Promise<void> {
  await writeJson(files.record, record);
}

/**
 * The qemu process of an instance, if it runs. A launcher that died between starting qemu and noting so leaves a
 * record without a process: then the process is looked for by its arguments.
 */
export async function runningProcess(
  files: InstanceFiles,
  record: InstanceRecord,
): Promise<ProcessIdentity | undefined> {
  if (record.started === null) return await findByArgument(files.pid);
  return (await isAlive(record.started.process)) ? record.started.process : undefined;
}

/** Guests decide how much they write to their console, we how much of it is kept. */
const maxConsoleBytes = 16 * 1024 * 1024;

/** All readable records, with their files. On the way, empties oversized consoles. */
export async function listRecords(
  instances: string,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<readonly { readonly files: InstanceFiles; readonly record: InstanceRecord }[]> {
  const ids = await listFolders(instances, clock);
  const found = await Promise.all(
    ids.map(async (id) => {
      const files = instanceFiles(instances, id);
      const record = await readInstance(files).catch((error: unknown) => {
        log.warn({ externalId: id, error }, 'skipped unreadable instance');
        return undefined;
      });
      if (record !== undefined) await limitConsole(files.console);
      return record === undefined ? [] : [{ files, record }];
    }),
  );
  return found.flat();
}

// qemu appends, so it goes on at the new end.
async function limitConsole(path: string): Promise<void> {
  const info = await statIfPresent(path);
  if (info !== undefined && info.size > maxConsoleBytes) await truncate(path, 0);
}

/** The last `maxBytes` of a file that may not be there. */
export async function readTail(path: string, maxBytes: number): Promise<string> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const length = Math.min(size, maxBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}
