import { nodeListing } from '@nodepool/listings';
import type { CommandContext, DefineCommand } from '../command.js';
import { addListOptions, type ListOptions, printListing } from '../format-option.js';
import { warnUnreadable } from '../unreadable.js';

export const defineList: DefineCommand = (program, run) => {
  addListOptions(
    program.command('list').description('list nodes').option('--detail', 'show all columns', false),
  ).action((options: DetailOptions) => run((context) => listNodes(context, options)));
};

interface DetailOptions extends ListOptions {
  readonly detail: boolean;
}

async function listNodes(context: CommandContext, options: DetailOptions): Promise<number> {
  const store = await context.store();
  const { nodes, unreadable } = await store.nodes.list();
  await printListing(context, nodeListing(nodes, { detail: options.detail, nowMs: context.clock.now() }), options);
  warnUnreadable(context, unreadable);
  return 0;
}
