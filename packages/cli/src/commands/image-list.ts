import { uploadListing } from '@nodepool/listings';
import type { CommandContext, DefineCommand } from '../command.js';
import { type FormatOptions, formatOption, printListing } from '../format-option.js';
import { warnUnreadable } from '../unreadable.js';

export const defineImageList: DefineCommand = (program, run) => {
  program
    .command('image-list')
    .description('list images in providers')
    .addOption(formatOption())
    .action((options: FormatOptions) => run((context) => listUploads(context, options)));
};

async function listUploads(context: CommandContext, { format }: FormatOptions): Promise<number> {
  const { images } = await context.store();
  const names = await images.images();
  const [uploads, unreadable] = await Promise.all([
    Promise.all(names.map((image) => images.uploads(image))),
    Promise.all(names.map((image) => images.unreadable(image))),
  ]);
  await printListing(context, uploadListing(uploads.flat().map(({ record }) => record)), format);
  warnUnreadable(context, unreadable.flat());
  return 0;
}
