import { requestListing } from '@nodepool/listings';
import type { CommandContext, DefineCommand } from '../command.js';
import { addListOptions, type ListOptions, printListing } from '../format-option.js';
import { warnUnreadable } from '../unreadable.js';

export const defineRequestList: DefineCommand = (program, run) => {
  addListOptions(program.command('request-list').description('list node requests')).action((options: ListOptions) =>
    run((context) => listRequests(context, options)),
  );
};

async function listRequests(context: CommandContext, options: ListOptions): Promise<number> {
  const store = await context.store();
  const { requests, unreadable } = await store.requests.list();
  await printListing(context, requestListing(requests), options);
  warnUnreadable(context, unreadable);
  return 0;
}
