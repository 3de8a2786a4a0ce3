import { cellText, compareText, renderData, renderTable } from '@nodepool/listings';
import type { ImageUpload } from '@nodepool/model';
import type { ImageStore } from '@nodepool/store';
import type { CommandContext, DefineCommand } from '../command.js';
import { type FormatOptions, formatOption } from '../format-option.js';
import { warnUnreadable } from '../unreadable.js';

export const defineInfo: DefineCommand = (program, run) => {
  program
    .command('info')
    .description('show what ZooKeeper holds of a provider')
    .argument('<provider>', 'name of the provider, configured or not')
    .addOption(formatOption())
    .action((provider: string, options: FormatOptions) => run((context) => showProvider(context, provider, options)));
};

async function showProvider(context: CommandContext, provider: string, { format }: FormatOptions): Promise<number> {
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
    .map((node) => ({ id: node.id, server_id: node.externalId }));
  const builds = buildsOf(uploads);

  if (format === 'table') {
    context.print(`ZooKeeper data for provider ${provider}\n`);
    context.print('Image data:');
    const rows = builds.map(({ image, build_id, upload_ids }) => [image, build_id, upload_ids.join(',')]);
    context.print(renderTable(['Image Name', 'Build ID', 'Upload IDs'], rows));
    context.print('\nNodes:');
    const nodeRows = instances.map(({ id, server_id }) => [id, cellText(server_id)]);
    context.print(renderTable(['ID', 'Server ID'], nodeRows));
  } else {
    context.print(await renderData({ provider, images: builds, nodes: instances }, format));
  }
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

/** The builds that have uploads there, with the ids of these; keys as JSON shows them. */
function buildsOf(uploads: readonly ImageUpload[]) {
  const sorted = uploads.toSorted(
    (left, right) =>
      compareText(left.image, right.image) ||
      compareText(left.buildId, right.buildId) ||
      compareText(left.id, right.id),
  );
  const builds = Map.groupBy(sorted, ({ image, buildId }) => `${image}/${buildId}`);
  return [...builds.values()].map((group) => ({
    image: group[0]?.image ?? '',
    build_id: group[0]?.buildId ?? '',
    upload_ids: group.map(({ id }) => id),
  }));
}
