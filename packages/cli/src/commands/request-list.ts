import { requestListing } from '@nodepool/listings';
import type { CommandContext, DefineCommand } from '../command.js';
import { type FormatOptions, formatOption, printListing } from '../format-option.js';
import { warnUnreadable } from '../unreadable.js';

export const defineRequestList: DefineCommand = (program, run) => {
  program
    .command('request-list')
    .description('list node requests')
    .addOption(formatOption())
    .action((options: FormatOptions) => run((context) => listRequests(context, options)));
};

async function listRequests(context: CommandContext, { format }: FormatOptions): Promise<number> {
  const store = await context.store();
  const { requests, unreadable } = await store.requests.list();
  await printListing(context, requestListing(requests), format);
  warnUnreadable(context, unreadable);
  return 0;
}
