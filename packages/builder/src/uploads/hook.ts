import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '@nodepool/runtime';
import type { UploadKey } from '@nodepool/store';
import { commandProblem } from '../build-process/command-problem.js';
import type { CommandResult } from '../build-process/run-command.js';
import { runNoted } from '../build-process/run-noted.js';
import { commandOutputPath } from '../build-process/running-file.js';
import type { BuilderContext } from '../context.js';
import { BuilderError } from '../errors.js';

export interface HookOptions {
  /** Path of the program. */
  readonly hook: string;
  readonly key: UploadKey;
  readonly externalId: string;
  /** Path of the image file. */
  readonly file: string;
  readonly timeoutMs: number;
  readonly log: Logger;
}

const shownCharacters = 8_000;

/**
 * Runs the post-upload hook and logs what it printed.
 *
 * Source: docs/compatibility/builder.md section 5.
 *
 * @throws NP_HOOK_FAILED unless it exits with 0.
 */
export async function runHook(context: BuilderContext, options: HookOptions, signal: AbortSignal): Promise<void> {
  const { image, buildId, provider, uploadId } = options.key;
  const name = `${image}-${buildId}.${provider}.${uploadId}.hook`;
  const output = commandOutputPath(context.imagesDir.path, name);
  try {
    const result = await runWithOutput(context, options, name, output, signal);
    const text = (await readFile(output, 'utf8')).slice(-shownCharacters);
    options.log.info({ hook: options.hook, output: text }, 'ran post-upload hook');
    const problem = commandProblem(result);
    if (problem !== undefined) throw new BuilderError('NP_HOOK_FAILED', `post-upload hook ${options.hook} ${problem}`);
  } finally {
    await rm(output, { force: true });
  }
}

async function runWithOutput(
  context: BuilderContext,
  { hook, key, externalId, file, timeoutMs }: HookOptions,
  name: string,
  output: string,
  signal: AbortSignal,
): Promise<CommandResult> {
  await mkdir(dirname(output), { recursive: true });
  await using log = await open(output, 'a');
  const env = { ...(process.env as Readonly<Record<string, string>>), NODEPOOL_HOOK: output };
  const args = [key.provider, externalId, file];
  const marker = `NODEPOOL_HOOK=${output}`;
  return await runNoted(context, { name, file: hook, args, env, outputFd: log.fd, marker, timeoutMs }, signal);
}
