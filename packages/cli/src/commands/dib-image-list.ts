import { buildListing } from '@nodepool/listings';
import type { CommandContext, DefineCommand } from '../command.js';
import { type Display, listingPicture, show, type WatchOptions } from '../display.js';
import { addListOptions, addWatchOption, type ListOptions } from '../format-option.js';

export const defineDibImageList: DefineCommand = (program, run) => {
  const command = program.command('dib-image-list').description('list image builds');
  addWatchOption(addListOptions(command)).action((options: ListOptions & WatchOptions) =>
    run((context) => show(context, builds(context, options), options)),
  );
};

function builds(context: CommandContext, options: ListOptions): Display {
  return {
    watched: ['images'],
    read: async ({ images }) => {
      const found = await Promise.all(
        (await images.images()).map(async (image) => {
          const [records, paused, unreadable] = await Promise.all([
            images.builds(image),
            images.isPaused(image),
            images.unreadable(image),
          ]);
          return { image, records, paused, unreadable };
        }),
      );
      const records = found.flatMap((each) => each.records.map(({ record }) => record));
      const pausedImages = new Set(found.filter(({ paused }) => paused).map(({ image }) => image));
      const unreadable = found.flatMap((each) => each.unreadable);
      return listingPicture(context, options, () => buildListing(records, pausedImages), unreadable);
    },
  };
}
