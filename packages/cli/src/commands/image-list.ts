import type { CommandContext, DefineCommand } from '../command.js';
import { type FormatOptions, formatOption, printListing } from '../format-option.js';
import { uploadListing } from '../rows/image-rows.js';

export const defineImageList: DefineCommand = (program, run) => {
  program
    .command('image-list')
    .description('list images in providers')
    .addOption(formatOption())
    .action((options: FormatOptions) => run((context) => listUploads(context, options)));
};

async function listUploads(context: CommandContext, { format }: FormatOptions): Promise<number> {
  const { images } = await context.store();
  const uploads = await Promise.all((await images.images()).map((image) => images.uploads(image)));
  await printListing(context, uploadListing(uploads.flat().map(({ record }) => record)), format);
  return 0;
}
