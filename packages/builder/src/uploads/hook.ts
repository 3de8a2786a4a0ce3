import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, errorText, type Logger } from '@nodepool/runtime';
import { type CommandResult, runCommand } from '../build-process/run-command.js';
import { BuilderError } from '../errors.js';

export interface HookOptions {
  /** Path of the program. */
  readonly hook: string;
  readonly provider: string;
  readonly externalId: string;
  /** Path of the image file. */
  readonly file: string;
  readonly timeoutMs: number;
  readonly graceMs: number;
  readonly clock: Clock;
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
export async function runHook(options: HookOptions, signal: AbortSignal): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'nodepool-hook-'));
  try {
    const output = join(dir, 'output');
    const result = await runWithOutput(options, output, signal);
    const text = (await readFile(output, 'utf8')).slice(-shownCharacters);
    options.log.info({ hook: options.hook, output: text }, 'ran post-upload hook');
    const problem = problemOf(result);
    if (problem !== undefined) throw new BuilderError('NP_HOOK_FAILED', `post-upload hook ${options.hook} ${problem}`);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function runWithOutput(options: HookOptions, output: string, signal: AbortSignal): Promise<CommandResult> {
  await using file = await open(output, 'a');
  const marker = `NODEPOOL_HOOK=${output}`;
  return await runCommand(
    {
      file: options.hook,
      args: [options.provider, options.externalId, options.file],
      env: { ...(process.env as Readonly<Record<string, string>>), NODEPOOL_HOOK: output },
      outputFd: file.fd,
      marker,
      timeoutMs: options.timeoutMs,
      graceMs: options.graceMs,
      clock: options.clock,
      onStarted: async () => undefined,
    },
    signal,
  );
}

function problemOf(result: CommandResult): string | undefined {
  switch (result.kind) {
    case 'exited':
      return result.code === 0 ? undefined : `exited with ${result.code}`;
    case 'timed-out':
      return 'did not end in time';
    case 'called-off':
      return 'was called off';
    case 'not-started':
      return `could not be started: ${errorText(result.error)}`;
  }
}
