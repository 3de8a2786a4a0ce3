import type { BuilderContext } from '../context.js';
import type { FamilyTraits } from './process-family.js';
import { type CommandOptions, type CommandResult, runCommand } from './run-command.js';
import { removeRunningFile, writeRunningFile } from './running-file.js';

export interface NotedCommand
  extends Pick<CommandOptions, 'file' | 'args' | 'env' | 'marker' | 'outputFd' | 'timeoutMs'> {
  /** Of the note; no two commands at a time have the same. */
  readonly name: string;
  readonly onStarted?: (pid: number) => void;
}

/** Commands under way, by name: what a builder that is about to end has to end first. */
export type RunningCommands = Map<string, FamilyTraits>;

/** Runs a command so that a builder that is told to end ends it, and one that dies leaves word of it for the next one. */
export async function runNoted(
  context: BuilderContext,
  { name, onStarted, ...command }: NotedCommand,
  signal: AbortSignal,
): Promise<CommandResult> {
  const { imagesDir, commands, limits, clock, log } = context;
  const { marker } = command;
  await writeRunningFile(imagesDir.path, name, marker, null);
  commands.set(name, { leader: undefined, marker });
  const noteStart = (pid: number): Promise<void> => {
    commands.set(name, { leader: pid, marker });
    onStarted?.(pid);
    return writeRunningFile(imagesDir.path, name, marker, pid);
  };
  const result = await runCommand({ ...command, graceMs: limits.killGraceMs, clock, onStarted: noteStart }, signal);
  const survivors = result.kind === 'not-started' ? [] : result.survivors;
  if (survivors.length > 0) {
    // The note stays: the next builder tries again.
    log.error({ command: name, pids: survivors }, 'processes of a command could not be ended');
    return result;
  }
  commands.delete(name);
  await removeRunningFile(imagesDir.path, name);
  return result;
}
