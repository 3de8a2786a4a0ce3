import { requestListing } from '@nodepool/listings';
import type { CommandContext, DefineCommand } from '../command.js';
import { type Display, listingPicture, show, type WatchOptions } from '../display.js';
import { addListOptions, addWatchOption, type ListOptions } from '../format-option.js';

export const defineRequestList: DefineCommand = (program, run) => {
  const command = program.command('request-list').description('list node requests');
  addWatchOption(addListOptions(command)).action((options: ListOptions & WatchOptions) =>
    run((context) => show(context, requests(context, options), options)),
  );
};

function requests(context: CommandContext, options: ListOptions): Display {
  return {
    watched: ['requests'],
    read: async (source) => {
      const { requests: found, unreadable } = await source.requests.list();
      return listingPicture(context, options, () => requestListing(found), unreadable);
    },
  };
}
