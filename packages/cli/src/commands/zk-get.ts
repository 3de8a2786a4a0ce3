import { renderData } from '@nodepool/listings';
import type { CommandContext, DefineCommand } from '../command.js';
import { type FormatOptions, formatOption } from '../format-option.js';
import { atZnode, znodePath } from '../znodes.js';

export const defineZkGet: DefineCommand = (program, run) => {
  program
    .command('get')
    .description('print the data of a znode; with --format json or yaml also what the server knows of it')
    .argument('<path>', 'path of a znode')
    .addOption(formatOption())
    .action((path: string, options: FormatOptions) => run((context) => getZnode(context, path, options)));
};

/** Data may hold the credentials of a cluster: this prints them, as every client of ZooKeeper can. */
async function getZnode(context: CommandContext, text: string, { format }: FormatOptions): Promise<number> {
  const path = znodePath(text);
  const zk = await context.zookeeper();
  const { data, stat } = await atZnode(path, zk.get(path));
  const shown = data.toString('utf8');
  if (format === 'table') {
    context.print(shown);
    return 0;
  }
  const { version, ctimeMs, mtimeMs, ephemeralOwner, numChildren } = stat;
  const told = { version, ctime: ctimeMs / 1000, mtime: mtimeMs / 1000, children: numChildren };
  const owner = ephemeralOwner === 0n ? null : `0x${ephemeralOwner.toString(16)}`;
  context.print(await renderData({ path, data: shown, ...told, ephemeral_owner: owner }, format));
  return 0;
}
