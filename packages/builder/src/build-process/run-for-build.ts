import type { BuilderContext } from '../context.js';
import { type CommandOptions, type CommandResult, runCommand } from './run-command.js';
import { removeRunningFile, writeRunningFile } from './running-file.js';

export interface BuildProcess
  extends Pick<CommandOptions, 'file' | 'args' | 'env' | 'marker' | 'outputFd' | 'timeoutMs'> {
  readonly image: string;
  /** `<image>-<build id>`. */
  readonly build: string;
}

/**
 * Runs a command of a build so that a builder that dies leaves word of it for the next one. Commands of one build run
 * one after the other: they share a marker, and what carries it is ended with the first of them.
 */
export async function runForBuild(
  context: BuilderContext,
  { image, build, ...command }: BuildProcess,
  signal: AbortSignal,
): Promise<CommandResult> {
  const imagesDir = context.imagesDir.path;
  await writeRunningFile(imagesDir, build, command.marker, null);
  const result = await runCommand(
    {
      ...command,
      graceMs: context.limits.killGraceMs,
      clock: context.clock,
      onStarted: (pid) => {
        context.jobs.builds.update(image, { pid });
        return writeRunningFile(imagesDir, build, command.marker, pid);
      },
    },
    signal,
  );
  context.jobs.builds.update(image, { pid: null });
  // Kept when something still runs: the next builder tries again.
  if (result.kind === 'not-started' || result.survivors.length === 0) await removeRunningFile(imagesDir, build);
  if (result.kind !== 'not-started' && result.survivors.length > 0) {
    context.log.error({ build, pids: result.survivors }, 'processes of a build could not be ended');
  }
  return result;
}
