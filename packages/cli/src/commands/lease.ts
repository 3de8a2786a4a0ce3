import { readFile } from 'node:fs/promises';
import { errorText } from '@nodepool/runtime';
import { Command, InvalidArgumentError } from 'commander';
import type { CommandContext, DefineCommand } from '../command.js';
import { CliError } from '../errors.js';

/** Everything after `--` belongs to the command that is to be run. */
class LeaseCommand extends Command {
  commandLine: readonly string[] = [];

  override parseOptions(argv: string[]): ReturnType<Command['parseOptions']> {
    const dashes = argv.indexOf('--');
    if (dashes < 0) return super.parseOptions(argv);
    this.commandLine = argv.slice(dashes + 1);
    return super.parseOptions(argv.slice(0, dashes));
  }
}

export const defineLease: DefineCommand = (program, run) => {
  const lease = new LeaseCommand('lease').copyInheritedSettings(program) as LeaseCommand;
  lease
    .description('lease machines over the web API, run a command that uses them, and give them back')
    .usage('[options] <label...> -- <command> [argument...]')
    .argument('<label...>', 'one label per machine')
    .option('--ttl <seconds>', 'how long the machines outlive this process', parseSeconds(10, 86_400), 120)
    .option('--wait <seconds>', 'how long to wait for the machines', parseSeconds(1, 604_800), 3_600)
    .option('--server <url>', 'address of a launcher; several may be given (NODEPOOL_SERVER)', addServer)
    .option('--token-file <file>', 'file with the token (NODEPOOL_TOKEN_FILE, or the token itself in NODEPOOL_TOKEN)')
    .option('--identity <file>', 'private key that opens the machines, for the SSH configuration')
    .option('--provider <provider>', 'provider to prefer')
    .option('--comment <text>', 'what it is for')
    .action((labels: string[], options: LeaseOptions) => {
      const { commandLine } = lease;
      if (commandLine.length === 0) lease.error('error: nothing to run: give a command after --', { exitCode: 2 });
      return run((context) => leaseAndRun(context, labels, commandLine, options), {
        graceMs: Number.POSITIVE_INFINITY,
      });
    });
  program.addCommand(lease);
};

interface LeaseOptions {
  readonly ttl: number;
  readonly wait: number;
  readonly server?: readonly string[];
  readonly tokenFile?: string;
  readonly identity?: string;
  readonly provider?: string;
  readonly comment?: string;
}

const usualServer = 'http://127.0.0.1:8005';

function parseSeconds(least: number, most: number): (text: string) => number {
  return (text) => {
    const seconds = Number(text);
    if (Number.isInteger(seconds) && seconds >= least && seconds <= most) return seconds;
    throw new InvalidArgumentError(`Not a number of seconds from ${least} to ${most}.`);
  };
}

function addServer(text: string, before: readonly string[] = []): readonly string[] {
  if (!isServer(text)) throw new InvalidArgumentError('Not an address such as https://nodepool.example.com:8005.');
  return [...before, text];
}

function isServer(text: string): boolean {
  return ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? '');
}

async function leaseAndRun(
  context: CommandContext,
  labels: readonly string[],
  command: readonly string[],
  { ttl: ttlSec, wait: waitSec, server, tokenFile, ...rest }: LeaseOptions,
): Promise<number> {
  const [{ LeaseClient }, { leasedRun }] = await Promise.all([
    import('../lease/client.js'),
    import('../lease/leased-run.js'),
  ]);
  const servers = server ?? serversOf(context.env['NODEPOOL_SERVER']);
  const client = new LeaseClient({ servers, token: await readToken(context, tokenFile), clock: context.clock });
  const { identity, provider, comment } = rest;
  return await leasedRun(context, client, { labels, command, ttlSec, waitSec, identity, provider, comment });
}

function serversOf(text: string | undefined): readonly string[] {
  const servers = (text ?? '').split(/[\s,]+/).filter((word) => word !== '');
  const wrong = servers.find((server) => !isServer(server));
  if (wrong !== undefined) throw new CliError('NP_CLI_LEASE_SETTINGS', `NODEPOOL_SERVER: not an address: ${wrong}`);
  return servers.length === 0 ? [usualServer] : servers;
}

async function readToken({ env }: CommandContext, option: string | undefined): Promise<string> {
  const path = option ?? env['NODEPOOL_TOKEN_FILE'];
  const token = (path === undefined ? env['NODEPOOL_TOKEN'] : await readTokenFile(path))?.trim();
  if (token === undefined || token === '') {
    const remedy = 'give --token-file, or set NODEPOOL_TOKEN_FILE or NODEPOOL_TOKEN; "nodepool web-token" makes one';
    throw new CliError('NP_CLI_LEASE_SETTINGS', `no token: ${remedy}`);
  }
  // What a header cannot hold would come back in the text of an error.
  if (!/^[\w~+/.-]+=*$/.test(token)) throw new CliError('NP_CLI_LEASE_SETTINGS', 'the token is not one of ours');
  return token;
}

async function readTokenFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CliError('NP_CLI_LEASE_SETTINGS', `the token cannot be read: ${errorText(error)}`, { cause: error });
  }
}
