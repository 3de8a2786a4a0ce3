import type { BuilderContext } from '../context.js';
import type { CommandResult } from './run-command.js';
import { type NotedCommand, runNoted } from './run-noted.js';

export interface BuildProcess extends Omit<NotedCommand, 'name' | 'onStarted'> {
  readonly image: string;
  /** `<image>-<build id>`. */
  readonly build: string;
}

/**
 * Runs a command of a build. Commands of one build run one after the other: they share a marker, and what carries it is
 * ended with the first of them.
 */
export async function runForBuild(
  context: BuilderContext,
  { image, build, ...command }: BuildProcess,
  signal: AbortSignal,
): Promise<CommandResult> {
  const show = (pid: number | null): void => context.jobs.builds.update(image, { pid });
  try {
    return await runNoted(context, { ...command, name: build, onStarted: show }, signal);
  } finally {
    show(null);
  }
}
