import { type Clock, deadline, errorText } from '@nodepool/runtime';
import { Command, CommanderError } from 'commander';
import type { CommandContext, GlobalOptions, RunOptions, Work } from './command.js';
import { commands } from './commands/index.js';

/** Where a run of the program reads and writes. */
export interface ProgramIo {
  out(text: string): void;
  err(text: string): void;
  readonly version: string;
  readonly clock: Clock;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Made once the options are known; disposed of when the command has ended. */
  openContext(options: GlobalOptions, signal: AbortSignal): CommandContext & AsyncDisposable;
}

const usageError = 2;
const interrupted = 130;

/** For a command to take back what it has begun, once it was interrupted. */
const defaultGraceMs = 2_000;

/**
 * Runs one command line.
 *
 * @param argv the arguments, without node and script.
 * @returns the exit code: 0 done, 1 failed, 2 not understood, 130 interrupted.
 */
export async function runProgram(argv: readonly string[], io: ProgramIo): Promise<number> {
  let exitCode = 0;
  const shown: string[] = [];
  const run = async (work: Work, options: RunOptions = {}): Promise<void> => {
    exitCode = await runWork(work, options.globals ?? program.opts<GlobalOptions>(), io, options);
  };
  const program = defineProgram(io, (text) => shown.push(text));
  for (const define of commands) define(program, run);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    exitCode = usageExitCode(error);
  }
  // Help that was not asked for, because no command was given, goes where help goes.
  for (const text of shown) (exitCode === usageError ? io.err : io.out)(text);
  return exitCode;
}

/** The program with all its commands, to be looked at: man pages are made of it. Running one does nothing. */
export function describeProgram(): Command {
  const ignore = (): void => undefined;
  const program = defineProgram({ version: '', out: ignore }, ignore);
  for (const define of commands) define(program, async () => undefined);
  return program;
}

function defineProgram(io: Pick<ProgramIo, 'version' | 'out'>, writeErr: (text: string) => void): Command {
  return new Command('nodepool')
    .description('Shows and changes what Nodepool keeps in ZooKeeper.')
    .usage('[options] <command> ...')
    .enablePositionalOptions()
    .option('-c, --config <file>', 'configuration file', '/etc/nodepool/nodepool.yaml')
    .option('-s, --secure <file>', 'file with secrets, merged over the configuration')
    .option('-l, --logging <file>', 'logging configuration file')
    .option('--debug', 'log at DEBUG level, and show where errors come from', false)
    .version(`Nodepool version: ${io.version}`, '--version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr,
      outputError: (text, write) => write(`nodepool: ${text}`),
    });
}

function usageExitCode(error: CommanderError): number {
  switch (error.code) {
    case 'commander.helpDisplayed':
    case 'commander.version':
      return 0;
    case 'commander.help':
      return 1;
    default:
      return usageError;
  }
}

async function runWork(
  work: Work,
  options: GlobalOptions,
  io: ProgramIo,
  { graceMs = defaultGraceMs, limitMs }: RunOptions,
): Promise<number> {
  using limit = limitMs === undefined ? undefined : deadline(io.clock, limitMs, io.signal);
  const ending = new AbortController();
  try {
    await using context = io.openContext(options, AbortSignal.any([limit?.signal ?? io.signal, ending.signal]));
    // A connection that a command has asked for and given up is not waited for.
    using _ending = { [Symbol.dispose]: () => ending.abort() };
    return await Promise.race([work(context), graceAfter(io, graceMs)]);
  } catch (error) {
    if (io.signal.aborted) return interrupted;
    io.err(`nodepool: error: ${oneLine(errorText(error))}\n`);
    if (options.debug && error instanceof Error) io.err(`${error.stack}\n`);
    return 1;
  }
}

/** Resolves some time after an interruption, so that nothing a command waits for can keep it from ending. */
async function graceAfter({ clock, signal }: ProgramIo, graceMs: number): Promise<number> {
  await new Promise<void>((resolve) => {
    if (graceMs === Number.POSITIVE_INFINITY) return;
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await clock.sleep(graceMs);
  return interrupted;
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, '; ');
}
