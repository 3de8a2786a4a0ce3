import { renderData } from '@nodepool/listings';
import type { CommandContext, DefineCommand } from '../command.js';
import { type FormatOptions, formatOption } from '../format-option.js';
import { takeSnapshot } from '../snapshot.js';

export const defineStatus: DefineCommand = (program, run) => {
  program
    .command('status')
    .description('show daemons, pools, images and queue on one screen, and what is wrong')
    .addOption(formatOption())
    .action((options: FormatOptions) => run((context) => showStatus(context, options)));
};

async function showStatus(context: CommandContext, { format }: FormatOptions): Promise<number> {
  const [{ summarise }, { statusText }] = await Promise.all([
    import('../status/summarise.js'),
    import('../status/show.js'),
  ]);
  const nowMs = context.clock.now();
  const store = await context.store();
  const startedMs = context.clock.monotonicMs();
  const status = summarise(await takeSnapshot(context));
  const zookeeper = { state: store.session.state, read_ms: Math.round(context.clock.monotonicMs() - startedMs) };
  if (format === 'table') {
    context.print(`ZooKeeper: ${zookeeper.state}, everything read in ${zookeeper.read_ms} ms`);
    context.print(statusText(status, nowMs));
  } else {
    context.print(await renderData({ zookeeper, ...status }, format));
  }
  return 0;
}
