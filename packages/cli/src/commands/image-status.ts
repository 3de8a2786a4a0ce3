import { type ImageStatus, imageStatusListing } from '@nodepool/listings';
import type { ImageStore } from '@nodepool/store';
import type { CommandContext, DefineCommand } from '../command.js';
import { type Display, listingPicture, show, type WatchOptions } from '../display.js';
import { addListOptions, addWatchOption, type ListOptions } from '../format-option.js';

export const defineImageStatus: DefineCommand = (program, run) => {
  const command = program.command('image-status').description('list images with their pause flag and build request');
  addWatchOption(addListOptions(command)).action((options: ListOptions & WatchOptions) =>
    run((context) => show(context, statuses(context, options), options)),
  );
};

function statuses(context: CommandContext, options: ListOptions): Display {
  return {
    watched: ['images'],
    read: async ({ images }) => {
      const found = await Promise.all((await images.images()).map((image) => statusOf(images, image)));
      return listingPicture(context, options, () => imageStatusListing(found));
    },
  };
}

async function statusOf(images: ImageStore, image: string): Promise<ImageStatus> {
  const [paused, buildRequest, buildRequestedAtMs] = await Promise.all([
    images.isPaused(image),
    images.buildRequestState(image),
    images.buildRequestedAtMs(image),
  ]);
  // The flag may go between the two reads.
  return buildRequest === undefined || buildRequestedAtMs === undefined
    ? { image, paused, buildRequest: undefined, buildRequestedAtMs: undefined }
    : { image, paused, buildRequest, buildRequestedAtMs };
}
