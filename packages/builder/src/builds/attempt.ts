import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Config, DiskimageConfig } from '@nodepool/config';
import { errorText, type Span, traced } from '@nodepool/runtime';
import type { CommandResult } from '../build-process/run-command.js';
import { runForBuild } from '../build-process/run-for-build.js';
import type { BuilderContext } from '../context.js';
import { convertForBuild, planForBuild } from '../conversion/for-build.js';
import { bytesOnDisk } from '../files/build-files.js';
import { readChecksums } from '../files/checksums.js';
import { spaceShortage } from '../files/disk-space.js';
import { type SpaceKey, writeSpaceNote } from '../files/space-note.js';
import { type BuildLog, openBuildLog, pruneBuildLogs } from '../logs/build-log.js';
import { packageDir } from '../package-dir.js';
import { buildCommand, buildMarker, buildSearchPath } from './command-line.js';

/** How a build went, before it is recorded. */
export type BuildOutcome =
  | { readonly ok: true; readonly exitCode: 0; readonly bytes: ReadonlyMap<string, number> }
  | { readonly ok: false; readonly exitCode: number; readonly reason: string };

export interface BuildOrder {
  readonly config: Config;
  readonly diskimage: DiskimageConfig;
  readonly formats: readonly string[];
  /** `<image>-<build id>`. */
  readonly build: string;
  /** Path of the results without their extensions. */
  readonly base: string;
  /** What is done of the build is a part of it. */
  readonly span: Span;
}

/** Runs the command of a build and checks what it made. Never rejects: whatever goes wrong is the build's failure. */
export async function attemptBuild(
  context: BuilderContext,
  order: BuildOrder,
  signal: AbortSignal,
): Promise<BuildOutcome> {
  const { config, diskimage, build } = order;
  try {
    await pruneBuildLogs(config.buildLogDir, diskimage.name, config.buildLogRetention);
    await using log = await openBuildLog(config.buildLogDir, build);
    const outcome = await attemptWithLog(context, order, log, signal);
    if (!outcome.ok) await log.line(`nodepool: build failed: ${outcome.reason}`);
    return outcome;
  } catch (error) {
    return failure(errorText(error));
  }
}

async function attemptWithLog(
  context: BuilderContext,
  order: BuildOrder,
  log: BuildLog,
  signal: AbortSignal,
): Promise<BuildOutcome> {
  const { config, diskimage, build, base } = order;
  const shortage = await spaceShortage({ ...spaceKey(context, order), minFreeMiB: config.imagesDirMinFreeMiB });
  if (shortage !== undefined) return failure(shortage);
  const { elementsDir } = config;
  const plan = await planForBuild(context, order, buildSearchPath(diskimage, process.env), signal);
  const { commandFormats: formats, commandChecksums: checksums } = plan;
  const paths = { base, elementsDir, packageDir };
  const command = buildCommand({ diskimage, formats, checksums, ...paths, inheritedEnv: process.env });
  const marker = buildMarker(context.imagesDir.path, build);
  const timeoutMs = diskimage.buildTimeoutSec * 1000;
  const startedMs = context.clock.monotonicMs();

  const buildProcess = { ...command, marker, outputFd: log.fd, timeoutMs, image: diskimage.name, build };
  const result = await traced(order.span, 'build command', {}, () => runForBuild(context, buildProcess, signal));
  if (result.kind !== 'exited') return failure(failureText(result, diskimage));
  await log.line(`Exit code: ${result.code}`);
  if (result.code !== 0) return failure(`the command exited with ${result.code}${await fullText(log)}`, result.code);

  const passingBytes = plan.removeRaw ? ((await bytesOnDisk(`${base}.raw`)) ?? 0) : 0;
  const leftMs = Math.max(0, startedMs + timeoutMs - context.clock.monotonicMs());
  const conversion = { plan, env: command.env, marker, log, timeoutMs: leftMs };
  const problem = await traced(order.span, 'conversion', {}, () => convertForBuild(context, order, conversion, signal));
  if (problem !== undefined) return failure(`${problem}${await fullText(log)}`);
  const outcome = await checkResults(order);
  if (outcome.ok) await noteSpace(context, order, outcome.bytes, passingBytes);
  return outcome;
}

/** Builds of the same key take about the same space. */
function spaceKey({ imagesDir }: BuilderContext, { diskimage, formats }: BuildOrder): SpaceKey {
  return { imagesDir: imagesDir.path, image: diskimage.name, formats, conversion: diskimage.conversion };
}

/** For the next build. A note that cannot be written is no reason to throw an image away. */
async function noteSpace(
  context: BuilderContext,
  order: BuildOrder,
  ofFormats: ReadonlyMap<string, number>,
  passingBytes: number,
): Promise<void> {
  const bytes = [...ofFormats.values()].reduce((sum, size) => sum + size, passingBytes);
  try {
    await writeSpaceNote(spaceKey(context, order), bytes, (image) => order.config.diskimages.has(image));
  } catch (error) {
    context.log.debug({ build: order.build, error }, 'space that a build took was not noted');
  }
}

async function fullText({ path }: BuildLog): Promise<string> {
  return (await tailMentions(path, 'No space left on device')) ? ', no space left on device' : '';
}

/** Source: docs/compatibility/builder.md section 3; 1 stands for every failure without an exit code. */
function failure(reason: string, exitCode = 1): BuildOutcome {
  return { ok: false, exitCode, reason };
}

function failureText(result: Exclude<CommandResult, { kind: 'exited' }>, diskimage: DiskimageConfig): string {
  switch (result.kind) {
    case 'timed-out':
      return `timed out after ${diskimage.buildTimeoutSec} seconds; its processes were ended`;
    case 'called-off':
      return 'called off; its processes were ended';
    case 'not-started':
      return notStartedText(result, diskimage);
  }
}

function notStartedText(
  { code, error }: Extract<CommandResult, { kind: 'not-started' }>,
  { dibCmd }: DiskimageConfig,
): string {
  if (code !== 'ENOENT') return `${dibCmd} could not be started: ${errorText(error)}`;
  const program = dibCmd.trim().split(/\s/)[0] ?? '';
  const remedy =
    basename(program) === 'disk-image-create'
      ? 'install it, on Debian with: apt-get install python3-diskimage-builder'
      : 'install it, or set dib-cmd of the diskimage to a program that exists';
  return `${program} was not found; ${remedy}`;
}

/** An image without its file or its checksums is no image, whatever the exit code says. */
async function checkResults({ base, formats }: BuildOrder): Promise<BuildOutcome> {
  const bytes = new Map<string, number>();
  for (const format of formats) {
    const path = `${base}.${format}`;
    const size = await bytesOnDisk(path);
    if (size === undefined) return failure(`the command made no ${path}`);
    const { md5, sha256 } = await readChecksums(path);
    if (md5 === undefined || sha256 === undefined) return failure(`the command made no checksums of ${path}`);
    bytes.set(format, size);
  }
  return { ok: true, exitCode: 0, bytes };
}

/** Whether the end of a file holds `text`; programs tell of a full disk in words only. */
async function tailMentions(path: string, text: string): Promise<boolean> {
  const tailBytes = 65_536;
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read({
    buffer: Buffer.alloc(Math.min(size, tailBytes)),
    position: Math.max(0, size - tailBytes),
  });
  return buffer.toString('latin1', 0, bytesRead).includes(text);
}
