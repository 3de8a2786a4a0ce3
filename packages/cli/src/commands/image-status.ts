import { type ImageStatus, imageStatusListing } from '@nodepool/listings';
import type { ImageStore } from '@nodepool/store';
import type { CommandContext, DefineCommand } from '../command.js';
import { addListOptions, type ListOptions, printListing } from '../format-option.js';

export const defineImageStatus: DefineCommand = (program, run) => {
  addListOptions(
    program.command('image-status').description('list images with their pause flag and build request'),
  ).action((options: ListOptions) => run((context) => listStatus(context, options)));
};

async function listStatus(context: CommandContext, options: ListOptions): Promise<number> {
  const { images } = await context.store();
  const found = await Promise.all((await images.images()).map((image) => statusOf(images, image)));
  await printListing(context, imageStatusListing(found), options);
  return 0;
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
