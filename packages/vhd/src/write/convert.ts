import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { runJob } from '../copy/run-job.js';
import { VhdError } from '../errors.js';
import { epochSec } from '../layout/footer.js';
import { blockBytes, type PlanOptions, planDynamic, planFixed, type VhdPlan } from '../layout/plan.js';
import { blocksOf, dataRangesOf } from '../source/data-ranges.js';
import { confirmUnchanged, openSource, type RawSource } from '../source/raw-source.js';
import type { DigestOrder } from '../threads/hashers.js';

/** Dynamic: blocks of zeros are left out, as XenServer's tools write it. Fixed: every byte, as Azure wants it. */
export type VhdSubformat = 'dynamic' | 'fixed';

export interface ConvertOptions {
  /** Path of the raw image. Nobody may write to it meanwhile. */
  readonly source: string;
  /** Path of the result; replaced when it exists. It appears when it is complete and never before. */
  readonly target: string;
  readonly subformat: VhdSubformat;
  /** Algorithms of digests of the result, such as `md5` and `sha256`, computed while it is written. */
  readonly hashes?: readonly string[];
  /** Algorithms of digests of the raw image, computed while it is read. */
  readonly sourceHashes?: readonly string[];
  /** Time of creation in the footer; by default that of the last change of the raw image, so that results repeat. */
  readonly createdAtMs?: number;
  /** Identity of the disk; by default a random one. */
  readonly uuid?: string;
  /** False leaves it to the system when the result reaches the disk. Default true. */
  readonly durable?: boolean;
  readonly signal?: AbortSignal;
  /** Told the bytes of data read so far, holes and zeros left out, and those to read in all. */
  readonly onProgress?: (readBytes: number, totalBytes: number) => void;
}

export interface Converted {
  readonly uuid: string;
  /** Length of the file. */
  readonly fileBytes: number;
  /** Size of the disk in it: that of the raw image, rounded up. */
  readonly diskBytes: number;
  /** Digests of the result, by algorithm. */
  readonly hashes: ReadonlyMap<string, string>;
  /** Digests of the raw image, by algorithm. */
  readonly sourceHashes: ReadonlyMap<string, string>;
}

/**
 * Makes a VHD of a raw disk image. The event loop stays free, and memory does not depend on the size of the image; the
 * result is written under another name in the same folder, which is removed when something goes wrong.
 *
 * @throws VHD_SOURCE_UNUSABLE, VHD_SOURCE_CHANGED, VHD_TARGET_UNUSABLE, VHD_TOO_LARGE, VHD_CALLED_OFF
 */
export async function convertRawToVhd(options: ConvertOptions): Promise<Converted> {
  const source = await openSource(options.source);
  await refuseSameFile(options, source);
  const partial = `${options.target}.${randomUUID().slice(0, 8)}.part`;
  try {
    const converted = await writeTo(partial, source, options);
    await confirmUnchanged(source);
    await onTarget(options.target, () => rename(partial, options.target));
    if (options.durable !== false) await onTarget(options.target, () => syncFolder(dirname(options.target)));
    return converted;
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function refuseSameFile({ target }: ConvertOptions, source: RawSource): Promise<void> {
  const found = await stat(target, { bigint: true }).catch(() => undefined);
  if (found === undefined || !source.fingerprint.startsWith(`${found.dev}:${found.ino}:`)) return;
  throw new VhdError('VHD_TARGET_UNUSABLE', `${resolve(target)} is the raw image itself`);
}

async function writeTo(partial: string, source: RawSource, options: ConvertOptions): Promise<Converted> {
  const { target, subformat, signal, hashes = [], sourceHashes = [], uuid = randomUUID() } = options;
  const timestamp = Math.max(0, Math.floor((options.createdAtMs ?? source.mtimeMs) / 1000) - epochSec);
  const planOptions: PlanOptions = { sourceBytes: source.bytes, timestamp, uuid };
  await using file = await onTarget(target, () => open(partial, 'wx'));
  let plan = planFixed(planOptions);
  const ranges = await dataRangesOf(source.path, signal);
  const orders = [...digestOrders('target', hashes), ...digestOrders('source', sourceHashes)];
  const digests = await runJob({
    source: source.path,
    sourceBytes: source.bytes,
    blockBytes,
    mayHoldData: blocksOf(ranges, source.bytes, blockBytes),
    scan: subformat === 'dynamic',
    layout: async (holdsData) => {
      if (subformat === 'dynamic') plan = planDynamic(planOptions, holdsData);
      await onTarget(target, () => writeFrame(file, plan));
      return plan;
    },
    target: partial,
    digests: orders,
    signal,
    onProgress: options.onProgress,
  });
  if (options.durable !== false) await onTarget(target, () => file.sync());
  const { fileBytes, diskBytes } = plan;
  const ofSubject = (subject: DigestOrder['subject'], algorithms: readonly string[]): ReadonlyMap<string, string> =>
    new Map(algorithms.map((algorithm) => [algorithm, digests.get(`${subject} ${algorithm}`) ?? '']));
  return {
    uuid,
    fileBytes,
    diskBytes,
    hashes: ofSubject('target', hashes),
    sourceHashes: ofSubject('source', sourceHashes),
  };
}

function digestOrders(subject: DigestOrder['subject'], algorithms: readonly string[]): readonly DigestOrder[] {
  return algorithms.map((algorithm) => ({ name: `${subject} ${algorithm}`, algorithm, subject }));
}

/** What is not data of a block. The length comes first: what nobody writes reads as zeros. */
async function writeFrame(file: FileHandle, { fileBytes, prefix, suffix }: VhdPlan): Promise<void> {
  await file.truncate(fileBytes);
  if (prefix.length > 0) await file.write(prefix, 0, prefix.length, 0);
  await file.write(suffix, 0, suffix.length, fileBytes - suffix.length);
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

async function onTarget<T>(target: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof VhdError) throw cause;
    throw new VhdError('VHD_TARGET_UNUSABLE', `writing ${target}`, { cause });
  }
}
