import { uploadDetailListing, uploadListing } from '@nodepool/listings';
import type { CommandContext, DefineCommand } from '../command.js';
import { type Display, listingPicture, show, type WatchOptions } from '../display.js';
import { addListOptions, addWatchOption, type ListOptions } from '../format-option.js';

export const defineImageList: DefineCommand = (program, run) => {
  const command = program
    .command('image-list')
    .description('list images in providers')
    .option('--detail', 'with format, progress and reason of failure', false);
  addWatchOption(addListOptions(command)).action((options: DetailOptions) =>
    run((context) => show(context, uploads(context, options), options)),
  );
};

interface DetailOptions extends ListOptions, WatchOptions {
  readonly detail: boolean;
}

function uploads(context: CommandContext, options: DetailOptions): Display {
  const { detail } = options;
  return {
    watched: ['images', ...(detail ? ['builder-status' as const] : [])],
    read: async ({ images, builderStatuses }) => {
      const names = await images.images();
      const [found, unreadable, statuses] = await Promise.all([
        Promise.all(names.map((image) => images.uploads(image))),
        Promise.all(names.map((image) => images.unreadable(image))),
        detail ? builderStatuses.list() : [],
      ]);
      const records = found.flat().map(({ record }) => record);
      const running = statuses.flatMap((builder) => builder.uploads);
      const listing = () => (detail ? uploadDetailListing(records, running) : uploadListing(records));
      return listingPicture(context, options, listing, unreadable.flat());
    },
  };
}
