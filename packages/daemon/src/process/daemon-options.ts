import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { expandPath, type PathBase } from './paths.js';

/** The daemons, and what their pid and log files are called. Source: docs/compatibility/interfaces.md section 1. */
export const daemonPrograms = {
  'nodepool-launcher': { appName: 'nodepool', about: 'Takes node requests, launches nodes and deletes them.' },
  'nodepool-builder': { appName: 'nodepool-builder', about: 'Builds disk images and uploads them to providers.' },
} as const;

export type DaemonProgram = keyof typeof daemonPrograms;

/** Options of a daemon; all paths are absolute. */
export interface DaemonOptions {
  readonly configPath: string;
  readonly securePath: string | undefined;
  readonly logConfigPath: string | undefined;
  readonly pidPath: string;
  /** Stay in the foreground, with whatever level. */
  readonly foreground: boolean;
  /** In the foreground at level DEBUG. */
  readonly debug: boolean;
  /** Launcher only. */
  readonly webapp: boolean;
  /** Builder only. */
  readonly buildWorkers: number;
  /** Builder only. */
  readonly uploadWorkers: number;
}

export type ParsedOptions =
  | { readonly kind: 'run'; readonly options: DaemonOptions }
  /** Nothing to run: help, version, or a usage error. */
  | { readonly kind: 'exit'; readonly exitCode: number; readonly stdout: string; readonly stderr: string };

const usageErrorCode = 2;

/**
 * Reads the command line of a daemon.
 *
 * @param argv without the interpreter and the script.
 */
export function parseDaemonOptions(
  program: DaemonProgram,
  argv: readonly string[],
  base: PathBase & { readonly version: string },
): ParsedOptions {
  const output = { stdout: '', stderr: '' };
  const command = daemonCommand(program, base.version).configureOutput({
    writeOut: (text) => {
      output.stdout += text;
    },
    writeErr: (text) => {
      output.stderr += text;
    },
  });
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: 'exit', exitCode: error.exitCode === 0 ? 0 : usageErrorCode, ...output };
  }
  return { kind: 'run', options: toOptions(command.opts<RawOptions>(), base) };
}

/** Keys as commander makes them of the long, or else the short, spelling. */
interface RawOptions {
  readonly c: string;
  readonly s?: string;
  readonly l?: string;
  readonly p: string;
  readonly d?: boolean;
  readonly f?: boolean;
  readonly webapp?: boolean;
  readonly buildWorkers?: number;
  readonly uploadWorkers?: number;
}

function daemonCommand(program: DaemonProgram, version: string): Command {
  const { appName, about } = daemonPrograms[program];
  const command = new Command(program)
    .description(about)
    .exitOverride()
    .allowExcessArguments(false)
    .version(`Nodepool version: ${version}`, '--version', 'print the version and exit')
    .helpOption('-h, --help', 'print this text and exit')
    .option('-c <file>', 'configuration file', '/etc/nodepool/nodepool.yaml')
    .option('-s <file>', 'file with secrets, read after the configuration')
    .option('-l <file>', 'logging configuration: Python dictConfig structure as .yaml, .yml or .json')
    .option('-p <file>', 'pid file', `/var/run/nodepool/${appName}.pid`)
    .option('-d', 'stay in the foreground and log at level DEBUG')
    .option('-f', 'stay in the foreground')
    .addOption(new Option('--repl', 'accepted for compatibility, without effect').hideHelp());
  if (program === 'nodepool-launcher') return command.option('--no-webapp', 'do not start the web server');
  return command
    .option('--build-workers <number>', 'images built at once', toCount, 1)
    .option('--upload-workers <number>', 'uploads at once', toCount, 4);
}

function toCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1) throw new InvalidArgumentError('It must be a whole number above 0.');
  return count;
}

function toOptions(raw: RawOptions, base: PathBase): DaemonOptions {
  const path = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : expandPath(text, base);
  const debug = raw.d === true;
  return {
    configPath: expandPath(raw.c, base),
    securePath: path(raw.s),
    logConfigPath: path(raw.l),
    pidPath: expandPath(raw.p, base),
    foreground: debug || raw.f === true,
    debug,
    webapp: raw.webapp ?? true,
    buildWorkers: raw.buildWorkers ?? 1,
    uploadWorkers: raw.uploadWorkers ?? 4,
  };
}
