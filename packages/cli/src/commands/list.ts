import { nodeListing } from '@nodepool/listings';
import type { CommandContext, DefineCommand } from '../command.js';
import { type FormatOptions, formatOption, printListing } from '../format-option.js';
import { warnUnreadable } from '../unreadable.js';

export const defineList: DefineCommand = (program, run) => {
  program
    .command('list')
    .description('list nodes')
    .option('--detail', 'show all columns', false)
    .addOption(formatOption())
    .action((options: ListOptions) => run((context) => listNodes(context, options)));
};

interface ListOptions extends FormatOptions {
  readonly detail: boolean;
}

async function listNodes(context: CommandContext, { detail, format }: ListOptions): Promise<number> {
  const store = await context.store();
  const { nodes, unreadable } = await store.nodes.list();
  await printListing(context, nodeListing(nodes, { detail, nowMs: context.clock.now() }), format);
  warnUnreadable(context, unreadable);
  return 0;
}
