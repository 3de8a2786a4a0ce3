import type { NodeRequest, NodeState } from '@nodepool/model';
import type { Store } from '@nodepool/store';
import { isOperatorRequest } from '../client-request.js';
import type { CommandContext, DefineCommand } from '../command.js';
import { CliError } from '../errors.js';
import { lockNode } from '../lock-node.js';

export const defineRelease: DefineCommand = (program, run) => {
  program
    .command('release')
    .description('give back the nodes of a request made with "request", or cancel it')
    .argument('<request>', 'request id')
    .action((id: string) => run((context) => release(context, id)));
};

/** States in which a node still belongs to the request. */
const lentStates: ReadonlySet<NodeState> = new Set<NodeState>(['ready', 'in-use', 'hold']);

/**
 * Nodes first, request last: a run that ends half-way can be repeated. A request that is fulfilled while this runs
 * leaves ready nodes allocated to nothing, which the launcher takes back into the pool.
 */
async function release(context: CommandContext, id: string): Promise<number> {
  const store = await context.store();
  const request = (await store.requests.get(id))?.record;
  if (request === undefined) throw new CliError('NP_CLI_REQUEST_UNKNOWN', `request ${id} not found`);
  if (!isOperatorRequest(request)) {
    throw new CliError(
      'NP_CLI_REQUEST_FOREIGN',
      `request ${id} belongs to ${request.requestor}, which gives it back itself`,
    );
  }
  if (request.state === 'fulfilled') await giveBackAll(context, store, request);
  await store.requests.remove(id);
  context.print(`Request ${id} ${request.state === 'fulfilled' ? 'released' : 'cancelled'}`);
  return 0;
}

async function giveBackAll(context: CommandContext, store: Store, request: NodeRequest): Promise<void> {
  const outcomes = await Promise.allSettled(request.nodes.map((node) => giveBack(context, store, request, node)));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

async function giveBack(context: CommandContext, store: Store, request: NodeRequest, id: string): Promise<void> {
  const held = await lockNode(store, id, context.signal);
  if (held === undefined) return;
  if (held.node.allocatedTo === request.id && lentStates.has(held.node.state)) {
    await held.updateAndRelease({ state: 'used' });
  } else {
    await held.release();
  }
}
