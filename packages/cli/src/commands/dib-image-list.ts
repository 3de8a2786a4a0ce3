import { buildListing } from '@nodepool/listings';
import type { CommandContext, DefineCommand } from '../command.js';
import { type FormatOptions, formatOption, printListing } from '../format-option.js';
import { warnUnreadable } from '../unreadable.js';

export const defineDibImageList: DefineCommand = (program, run) => {
  program
    .command('dib-image-list')
    .description('list image builds')
    .addOption(formatOption())
    .action((options: FormatOptions) => run((context) => listBuilds(context, options)));
};

async function listBuilds(context: CommandContext, { format }: FormatOptions): Promise<number> {
  const { images } = await context.store();
  const found = await Promise.all(
    (await images.images()).map(async (image) => {
      const [builds, paused, unreadable] = await Promise.all([
        images.builds(image),
        images.isPaused(image),
        images.unreadable(image),
      ]);
      return { image, builds, paused, unreadable };
    }),
  );
  const builds = found.flatMap((each) => each.builds.map(({ record }) => record));
  const pausedImages = new Set(found.filter(({ paused }) => paused).map(({ image }) => image));
  await printListing(context, buildListing(builds, pausedImages), format);
  warnUnreadable(
    context,
    found.flatMap(({ unreadable }) => unreadable),
  );
  return 0;
}
