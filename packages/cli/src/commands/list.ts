import { nodeListing } from '@nodepool/listings';
import type { CommandContext, DefineCommand } from '../command.js';
import { type Display, listingPicture, show, type WatchOptions } from '../display.js';
import { addListOptions, addWatchOption, type ListOptions } from '../format-option.js';

export const defineList: DefineCommand = (program, run) => {
  const command = program.command('list').description('list nodes').option('--detail', 'show all columns', false);
  addWatchOption(addListOptions(command)).action((options: DetailOptions) =>
    run((context) => show(context, nodes(context, options), options)),
  );
};

interface DetailOptions extends ListOptions, WatchOptions {
  readonly detail: boolean;
}

function nodes(context: CommandContext, options: DetailOptions): Display {
  return {
    watched: ['nodes'],
    read: async (source) => {
      const { nodes: found, unreadable } = await source.nodes.list();
      const listing = (nowMs: number) => nodeListing(found, { detail: options.detail, nowMs });
      return listingPicture(context, options, listing, unreadable);
    },
  };
}
