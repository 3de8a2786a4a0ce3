import type { Listing } from '@nodepool/listings';
import type { ImageEvent } from '@nodepool/model';
import type { CommandContext, DefineCommand } from '../command.js';
import { addListOptions, type ListOptions, printListing } from '../format-option.js';

export const defineImageHistory: DefineCommand = (program, run) => {
  addListOptions(
    program
      .command('image-history')
      .description('show what happened to an image: builds, uploads, gates, rollbacks, by whom and why')
      .argument('<image>', 'name of an image'),
  ).action((image: string, options: ListOptions) => run((context) => showHistory(context, image, options)));
};

async function showHistory(context: CommandContext, image: string, options: ListOptions): Promise<number> {
  const { imageHistory } = await context.store();
  await printListing(context, historyListing(await imageHistory.list(image)), options);
  return 0;
}

function historyListing(events: readonly ImageEvent[]): Listing {
  return {
    columns: [
      { key: 'time', header: 'Age', isTime: true },
      { key: 'event', header: 'Event' },
      { key: 'build_id', header: 'Build ID' },
      { key: 'provider', header: 'Provider' },
      { key: 'upload_id', header: 'Upload ID' },
      { key: 'by', header: 'By' },
      { key: 'why', header: 'Why' },
    ],
    rows: events.map((event) => ({
      time: Math.floor(event.timeSec),
      event: event.kind,
      build_id: event.buildId,
      provider: event.provider,
      upload_id: event.uploadId,
      by: event.by,
      why: event.text,
    })),
  };
}
