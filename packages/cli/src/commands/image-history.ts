import type { Listing } from '@nodepool/listings';
import type { ImageEvent } from '@nodepool/model';
import type { CommandContext, DefineCommand } from '../command.js';
import { type Display, listingPicture, show, type WatchOptions } from '../display.js';
import { addListOptions, addWatchOption, type ListOptions } from '../format-option.js';

export const defineImageHistory: DefineCommand = (program, run) => {
  const command = program
    .command('image-history')
    .description('show what happened to an image: builds, uploads, gates, rollbacks, by whom and why')
    .argument('<image>', 'name of an image');
  addWatchOption(addListOptions(command)).action((image: string, options: ListOptions & WatchOptions) =>
    run((context) => show(context, history(context, image, options), options)),
  );
};

function history(context: CommandContext, image: string, options: ListOptions): Display {
  return {
    watched: [{ historyOf: image }],
    read: async ({ imageHistory }) => {
      const events = await imageHistory.list(image);
      return listingPicture(context, options, () => historyListing(events));
    },
  };
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
