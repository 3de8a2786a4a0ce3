import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import type { VhdPlan } from '../layout/plan.js';

/** A run of bytes in a raw image that is not zero. */
export interface Run {
  readonly start: number;
  readonly length: number;
}

/** Writes a raw image: holes but for the runs, which hold a pattern without zeros. */
export async function writeRaw(path: string, bytes: number, runs: readonly Run[]): Promise<void> {
  await using file = await open(path, 'w');
  await file.truncate(bytes);
  for (const { start, length } of runs) {
    const data = Buffer.alloc(length);
    for (let at = 0; at < length; at += 1) data[at] = 1 + ((start + at) % 251);
    await file.write(data, 0, length, start);
  }
}

/** Writes a VHD as planned, without the data of its blocks, which nobody reads where this is used. */
export async function writePlanned(path: string, plan: VhdPlan): Promise<void> {
  await using file = await open(path, 'w');
  await file.truncate(plan.fileBytes);
  await file.write(plan.prefix, 0, plan.prefix.length, 0);
  for (const offset of plan.offsets) {
    const { length } = plan.leader;
    if (offset >= 0 && length > 0) await file.write(plan.leader, 0, length, offset - length);
  }
  await file.write(plan.suffix, 0, plan.suffix.length, plan.fileBytes - plan.suffix.length);
}

/** The disk in a VHD, read the plain way: its table, then its blocks. */
export async function readDisk(path: string): Promise<Buffer> {
  const file = await readFile(path);
  const footer = file.subarray(file.length - 512);
  const diskBytes = Number(footer.readBigUInt64BE(48));
  if (footer.readUInt32BE(60) === 2) return file.subarray(0, diskBytes);
  const header = Number(footer.readBigUInt64BE(16));
  const table = Number(file.readBigUInt64BE(header + 16));
  const blockBytes = file.readUInt32BE(header + 32);
  const disk = Buffer.alloc(diskBytes);
  for (let block = 0; block < diskBytes / blockBytes; block += 1) {
    const sector = file.readUInt32BE(table + 4 * block);
    if (sector === 0xffff_ffff) continue;
    file.copy(disk, block * blockBytes, (sector + 1) * 512, (sector + 1) * 512 + blockBytes);
  }
  return disk;
}

export function digestOf(algorithm: string, bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex');
}
