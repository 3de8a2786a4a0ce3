import { buildListing } from '@nodepool/listings';
import type { CommandContext, DefineCommand } from '../command.js';
import { addListOptions, type ListOptions, printListing } from '../format-option.js';
import { warnUnreadable } from '../unreadable.js';

export const defineDibImageList: DefineCommand = (program, run) => {
  addListOptions(program.command('dib-image-list').description('list image builds')).action((options: ListOptions) =>
    run((context) => listBuilds(context, options)),
  );
};

async function listBuilds(context: CommandContext, options: ListOptions): Promise<number> {
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
  await printListing(context, buildListing(builds, pausedImages), options);
  warnUnreadable(
    context,
    found.flatMap(({ unreadable }) => unreadable),
  );
  return 0;
}
