import { compareText, type Listing, type Row } from '@nodepool/listings';
import { Semaphore } from '@nodepool/runtime';
import type { ZooKeeper } from '@nodepool/zookeeper';
import type { CommandContext, DefineCommand } from '../command.js';
import { type Display, listingPicture, show, type WatchOptions } from '../display.js';
import { addListOptions, addWatchOption, type ListOptions } from '../format-option.js';
import { atZnode, znodePath } from '../znodes.js';

const askedAtOnce = 64;

export const defineZkLs: DefineCommand = (program, run) => {
  const command = program
    .command('ls')
    .description('list the children of a znode')
    .argument('[path]', 'path of a znode', '/nodepool');
  addWatchOption(addListOptions(command)).action((path: string, options: ListOptions & WatchOptions) =>
    run(async (context) => show(context, znodes(context, znodePath(path), options), options)),
  );
};

function znodes(context: CommandContext, path: string, options: ListOptions): Display {
  return {
    watched: [{ path }],
    read: async () => {
      const rows = await childRows(await context.zookeeper(), path);
      return listingPicture(context, options, () => znodeListing(rows));
    },
  };
}

async function childRows(zk: ZooKeeper, path: string): Promise<readonly Row[]> {
  const { children } = await atZnode(path, zk.children(path));
  const places = new Semaphore(askedAtOnce);
  const rows = await Promise.all(
    children.toSorted(compareText).map((name) =>
      places.run(async (): Promise<Row | undefined> => {
        const stat = await zk.exists(path === '/' ? `/${name}` : `${path}/${name}`);
        if (stat === undefined) return undefined;
        const { numChildren, dataLength, version, mtimeMs, ephemeralOwner } = stat;
        const mtime = Math.floor(mtimeMs / 1000);
        return { name, children: numChildren, bytes: dataLength, version, mtime, ephemeral: ephemeralOwner !== 0n };
      }),
    ),
  );
  // One that went between the two requests is no child any more.
  return rows.filter((row) => row !== undefined);
}

function znodeListing(rows: readonly Row[]): Listing {
  return {
    columns: [
      { key: 'name', header: 'Name' },
      { key: 'children', header: 'Children' },
      { key: 'bytes', header: 'Bytes' },
      { key: 'version', header: 'Version' },
      { key: 'mtime', header: 'Age', isTime: true },
      { key: 'ephemeral', header: 'Ephemeral' },
    ],
    rows,
  };
}
