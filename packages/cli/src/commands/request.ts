import { connectionListing, connectionRows, renderData, renderListing } from '@nodepool/listings';
import type { Node, NodeRequest } from '@nodepool/model';
import { deadline } from '@nodepool/runtime';
import type { Store } from '@nodepool/store';
import { type Command, InvalidArgumentError } from 'commander';
import { createRequest, unofferedLabels } from '../client-request.js';
import type { CommandContext, DefineCommand } from '../command.js';
import { CliError } from '../errors.js';
import { type FormatOptions, formatOption } from '../format-option.js';
import { lockNode } from '../lock-node.js';

export const defineRequest: DefineCommand = (program, run) => {
  program
    .command('request')
    .description('ask for nodes, as Zuul does; "release" gives them back')
    .argument('<label...>', 'one label per node')
    .option('--wait', 'wait for the nodes and show how to reach them', false)
    .option('--hold', 'wait for the nodes and hold them; "delete" gives them back', false)
    .option('--provider <provider>', 'provider to prefer')
    .option('--timeout <seconds>', 'cancel the request when it takes longer', parseSeconds)
    .addOption(formatOption())
    .action((labels: string[], options: RequestOptions, command: Command) => {
      if (options.timeout !== undefined && !options.wait && !options.hold) {
        command.error('error: --timeout needs --wait or --hold', { exitCode: 2 });
      }
      return run((context) => requestNodes(context, labels, options));
    });
};

interface RequestOptions extends FormatOptions {
  readonly wait: boolean;
  readonly hold: boolean;
  readonly provider?: string;
  readonly timeout?: number;
}

/** The longest that a timer can be set for. */
const maxTimeoutSec = 2 ** 31 / 1000 - 1;

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= maxTimeoutSec)) throw new InvalidArgumentError('Not a number of seconds.');
  return seconds;
}

async function requestNodes(
  context: CommandContext,
  labels: readonly string[],
  options: RequestOptions,
): Promise<number> {
  const store = await context.store();
  for (const label of await unofferedLabels(store, labels)) {
    context.warn(`no running pool offers label ${label}`);
  }
  const id = await createRequest(context, store, { labels, provider: options.provider });
  if (!options.wait && !options.hold) {
    await printAnswer(context, { id, state: 'requested', nodes: [] }, options);
    return 0;
  }
  const request = await fulfilledRequest(context, store, id, options.timeout);
  const nodes = options.hold
    ? await holdNodes(context, store, request)
    : await Promise.all(request.nodes.map((node) => readyNode(store, request, node)));
  await printAnswer(context, { id, state: request.state, nodes }, options);
  return 0;
}

interface Answer {
  readonly id: string;
  readonly state: NodeRequest['state'];
  readonly nodes: readonly Node[];
}

/** For a person the id, and a table once there are nodes; for a program one object. */
async function printAnswer(context: CommandContext, answer: Answer, { format }: FormatOptions): Promise<void> {
  const { id, state, nodes } = answer;
  if (format !== 'table') {
    context.print(await renderData({ id, state, nodes: connectionRows(nodes) }, format));
    return;
  }
  context.print(id);
  if (nodes.length > 0) {
    context.print(await renderListing(connectionListing(nodes), format, context.clock.now()));
  }
}

/**
 * Waits until the request is fulfilled. Whatever else ends the wait, Ctrl-C included, removes the request: nobody would
 * use its nodes.
 */
async function fulfilledRequest(
  context: CommandContext,
  store: Store,
  id: string,
  timeoutSec: number | undefined,
): Promise<NodeRequest> {
  using limit = timeoutSec === undefined ? undefined : deadline(context.clock, timeoutSec * 1000, context.signal);
  const signal = limit?.signal ?? context.signal;
  try {
    const request = (await store.requests.untilAnswered(id, signal))?.record;
    if (request?.state === 'fulfilled') return request;
    throw new CliError('NP_CLI_REQUEST_FAILED', failureText(id, request));
  } catch (error) {
    await store.requests.remove(id);
    if (!signal.aborted || context.signal.aborted) throw error;
    throw new CliError('NP_CLI_REQUEST_TIMEOUT', `request ${id} was not fulfilled in ${timeoutSec} s and is cancelled`);
  }
}

function failureText(id: string, request: NodeRequest | undefined): string {
  if (request === undefined) return `request ${id} was removed by somebody else`;
  return `request ${id} has failed: declined by ${request.declinedBy.join(', ')}; their logs say why`;
}

async function readyNode(store: Store, request: NodeRequest, id: string): Promise<Node> {
  const node = (await store.nodes.get(id))?.record;
  if (node?.allocatedTo === request.id) return node;
  throw notOurs(request, id);
}

/** Sets every node to `hold`, then removes the request: held nodes need none. */
async function holdNodes(context: CommandContext, store: Store, request: NodeRequest): Promise<readonly Node[]> {
  const nodes: Node[] = [];
  for (const id of request.nodes) {
    const held = await lockNode(store, id, context.signal);
    if (held?.node.allocatedTo !== request.id) {
      await held?.release();
      throw notOurs(request, id);
    }
    nodes.push(await held.update({ state: 'hold', comment: `held by ${context.operator} with nodepool request` }));
    await held.release();
  }
  await store.requests.remove(request.id);
  return nodes;
}

function notOurs(request: NodeRequest, id: string): CliError {
  return new CliError(
    'NP_CLI_NODE_UNKNOWN',
    `node ${id} is gone or no longer allocated to request ${request.id}; give the request back with "nodepool release ${request.id}"`,
  );
}
