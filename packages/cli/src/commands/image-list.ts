import { uploadDetailListing, uploadListing } from '@nodepool/listings';
import type { CommandContext, DefineCommand } from '../command.js';
import { addListOptions, type ListOptions, printListing } from '../format-option.js';
import { warnUnreadable } from '../unreadable.js';

export const defineImageList: DefineCommand = (program, run) => {
  addListOptions(
    program
      .command('image-list')
      .description('list images in providers')
      .option('--detail', 'with format, progress and reason of failure', false),
  ).action((options: DetailOptions) => run((context) => listUploads(context, options)));
};

interface DetailOptions extends ListOptions {
  readonly detail: boolean;
}

async function listUploads(context: CommandContext, options: DetailOptions): Promise<number> {
  const { detail } = options;
  const { images, builderStatuses } = await context.store();
  const names = await images.images();
  const [uploads, unreadable] = await Promise.all([
    Promise.all(names.map((image) => images.uploads(image))),
    Promise.all(names.map((image) => images.unreadable(image))),
  ]);
  const records = uploads.flat().map(({ record }) => record);
  const running = detail ? (await builderStatuses.list()).flatMap((builder) => builder.uploads) : [];
  await printListing(context, detail ? uploadDetailListing(records, running) : uploadListing(records), options);
  warnUnreadable(context, unreadable.flat());
  return 0;
}
