import { cellText, compareText, renderTable } from '@nodepool/listings';
import type { ImageUpload } from '@nodepool/model';
import type { ImageStore } from '@nodepool/store';
import type { CommandContext, DefineCommand } from '../command.js';
import { warnUnreadable } from '../unreadable.js';

export const defineInfo: DefineCommand = (program, run) => {
  program
    .command('info')
    .description('show what ZooKeeper holds of a provider')
    .argument('<provider>', 'name of the provider, configured or not')
    .action((provider: string) => run((context) => showProvider(context, provider)));
};

async function showProvider(context: CommandContext, provider: string): Promise<number> {
  const store = await context.store();
  const [images, { nodes, unreadable }] = await Promise.all([store.images.images(), store.nodes.list()]);
  const [uploads, unreadableImages] = await Promise.all([
    uploadsOf(store.images, images, provider),
    Promise.all(images.map((image) => store.images.unreadable(image))),
  ]);
  const instances = nodes
    .map(({ record }) => record)
    .filter((node) => node.provider === provider)
    .sort((left, right) => compareText(left.id, right.id))
    .map((node) => [node.id, cellText(node.externalId)]);

  context.print(`ZooKeeper data for provider ${provider}\n`);
  context.print('Image data:');
  context.print(renderTable(['Image Name', 'Build ID', 'Upload IDs'], uploadRows(uploads)));
  context.print('\nNodes:');
  context.print(renderTable(['ID', 'Server ID'], instances));
  warnUnreadable(context, [...unreadableImages.flat(), ...unreadable]);
  return 0;
}

async function uploadsOf(
  store: ImageStore,
  images: readonly string[],
  provider: string,
): Promise<readonly ImageUpload[]> {
  const uploads = await Promise.all(images.map((image) => store.uploads(image)));
  return uploads
    .flat()
    .map(({ record }) => record)
    .filter((upload) => upload.provider === provider);
}

/** One row per build, with the ids of its uploads. */
function uploadRows(uploads: readonly ImageUpload[]): readonly (readonly string[])[] {
  const sorted = uploads.toSorted(
    (left, right) =>
      compareText(left.image, right.image) ||
      compareText(left.buildId, right.buildId) ||
      compareText(left.id, right.id),
  );
  const builds = Map.groupBy(sorted, ({ image, buildId }) => `${image}/${buildId}`);
  return [...builds.values()].map((group) => [
    group[0]?.image ?? '',
    group[0]?.buildId ?? '',
    group.map(({ id }) => id).join(','),
  ]);
}
