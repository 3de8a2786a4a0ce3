import { renderData } from '@nodepool/listings';
import type { CommandContext, DefineCommand } from '../command.js';
import { type Display, type Picture, show, type WatchOptions } from '../display.js';
import { addWatchOption, type FormatOptions, formatOption } from '../format-option.js';
import { takeSnapshot } from '../snapshot.js';

export const defineStatus: DefineCommand = (program, run) => {
  const command = program
    .command('status')
    .description('show daemons, pools, images and queue on one screen, and what is wrong')
    .addOption(formatOption());
  addWatchOption(command).action((options: FormatOptions & WatchOptions) =>
    run((context) => show(context, status(context, options), options)),
  );
};

function status(context: CommandContext, { format }: FormatOptions): Display {
  return {
    watched: ['nodes', 'requests', 'images', 'components'],
    read: async (source): Promise<Picture> => {
      const [{ summarise }, { statusText }, { session }] = await Promise.all([
        import('../status/summarise.js'),
        import('../status/show.js'),
        context.store(),
      ]);
      const startedMs = context.clock.monotonicMs();
      const snapshot = await takeSnapshot(context, source);
      const zookeeper = { state: session.state, read_ms: Math.round(context.clock.monotonicMs() - startedMs) };
      const text = async (nowMs: number): Promise<string> => {
        const summary = summarise({ ...snapshot, nowSec: nowMs / 1000 });
        if (format !== 'table') return await renderData({ zookeeper, ...summary }, format);
        const head = `ZooKeeper: ${zookeeper.state}, everything read in ${zookeeper.read_ms} ms`;
        return `${head}\n${statusText(summary, nowMs)}`;
      };
      // Those that cannot be read are among the problems.
      return { text, unreadable: [] };
    },
  };
}
