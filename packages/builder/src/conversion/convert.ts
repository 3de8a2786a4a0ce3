import { open, rename } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { DiskimageConfig } from '@nodepool/config';
import { convertRawToVhd, hashFile } from '@nodepool/vhd';
import type { CommandResult } from '../build-process/run-command.js';
import { BuilderError } from '../errors.js';
import { removeFormatFiles } from '../files/build-files.js';
import { type Digests, digestNames, writeChecksums } from '../files/checksums.js';
import type { ConversionPlan, OwnFormat } from './plan.js';
import { qcow2Arguments } from './qcow2.js';

export interface ConversionOptions {
  readonly plan: ConversionPlan;
  /** Path of the results without their extensions; the raw image is there. */
  readonly base: string;
  readonly qcow2Compression: DiskimageConfig['qcow2Compression'];
  /** Runs qemu-img, its output going to the log of the build. */
  readonly runQemuImg: (args: readonly string[], signal: AbortSignal) => Promise<CommandResult>;
  /** Told how far a conversion of known length has got. */
  readonly onProgress: (format: OwnFormat, doneBytes: number, totalBytes: number) => void;
  /** Told when a format is there with its checksums. */
  readonly onMade: (format: OwnFormat) => void;
}

/**
 * Makes what the plan asks for of the raw image of a build, everything at the same time, each file with its checksums.
 * When one part fails the others are ended too.
 *
 * @throws NP_BUILD_FAILED, the errors of `@nodepool/vhd`, and the reason of the signal.
 */
export async function convertBuild(options: ConversionOptions, signal: AbortSignal): Promise<void> {
  const { plan, base } = options;
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const parts = partsOf(options).map(async (part) => {
    try {
      await part(either);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  const ends = await Promise.allSettled(parts);
  signal.throwIfAborted();
  // The first failure has ended the others, whose errors say no more than that.
  if (ends.some(({ status }) => status === 'rejected')) throw failed.signal.reason;
  if (plan.removeRaw) await removeFormatFiles(dirname(base), basename(base), 'raw');
}

type Part = (signal: AbortSignal) => Promise<void>;

function partsOf(options: ConversionOptions): readonly Part[] {
  const { plan, base } = options;
  const own: Readonly<Record<OwnFormat, Part>> = {
    qcow2: (signal) => makeQcow2(options, signal),
    vhd: (signal) => makeVhd(options, signal),
  };
  const makesVhd = plan.ownFormats.includes('vhd');
  const unread = plan.commandFormats.filter((format) => format !== 'raw' || (!plan.removeRaw && !makesVhd));
  return [
    ...plan.ownFormats.map(
      (format): Part =>
        async (signal) => {
          await own[format](signal);
          options.onMade(format);
        },
    ),
    ...unread.map(
      (format): Part =>
        (signal) =>
          writeDigests(`${base}.${format}`, signal),
    ),
  ];
}

async function makeQcow2(options: ConversionOptions, signal: AbortSignal): Promise<void> {
  const target = `${options.base}.qcow2`;
  const partial = `${target}.part`;
  const args = qcow2Arguments(options.qcow2Compression, `${options.base}.raw`, partial);
  const result = await options.runQemuImg(args, signal);
  if (result.kind !== 'exited' || result.code !== 0) throw qemuImgFailure(result);
  const [hashes] = await Promise.all([hashFile({ path: partial, hashes: digestNames, signal }), flush(partial)]);
  await rename(partial, target);
  await writeChecksums(target, digestsOf(hashes));
}

/** A build is recorded as ready soon after; a loss of power must not make that a lie. */
async function flush(path: string): Promise<void> {
  await using file = await open(path, 'r');
  await file.sync();
}

/** The raw image is hashed in the same read when it is kept. */
async function makeVhd({ base, plan, onProgress }: ConversionOptions, signal: AbortSignal): Promise<void> {
  const target = `${base}.vhd`;
  const source = `${base}.raw`;
  const { hashes, sourceHashes } = await convertRawToVhd({
    source,
    target,
    subformat: plan.vhdSubformat,
    hashes: digestNames,
    sourceHashes: plan.removeRaw ? [] : digestNames,
    signal,
    onProgress: (done, total) => onProgress('vhd', done, total),
  });
  await writeChecksums(target, digestsOf(hashes));
  if (!plan.removeRaw) await writeChecksums(source, digestsOf(sourceHashes));
}

async function writeDigests(path: string, signal: AbortSignal): Promise<void> {
  await writeChecksums(path, digestsOf(await hashFile({ path, hashes: digestNames, signal })));
}

function digestsOf(hashes: ReadonlyMap<string, string>): Digests {
  return { md5: hashes.get('md5') ?? '', sha256: hashes.get('sha256') ?? '' };
}

function qemuImgFailure(result: CommandResult): BuilderError {
  switch (result.kind) {
    case 'exited':
      return new BuilderError('NP_BUILD_FAILED', `qemu-img exited with ${result.code} while it made qcow2`);
    case 'not-started':
      return new BuilderError('NP_BUILD_FAILED', notStartedText(result.code), { cause: result.error });
    case 'timed-out':
    case 'called-off':
      return new BuilderError('NP_BUILD_FAILED', 'qemu-img was ended');
  }
}

function notStartedText(code: string): string {
  const remedy = code === 'ENOENT' ? '; install it, on Debian with: apt-get install qemu-utils' : '';
  return `qemu-img could not be started${remedy}`;
}
