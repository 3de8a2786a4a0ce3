import { compareText, type Listing, type Row } from '@nodepool/listings';
import { Semaphore } from '@nodepool/runtime';
import type { CommandContext, DefineCommand } from '../command.js';
import { addListOptions, type ListOptions, printListing } from '../format-option.js';
import { atZnode, znodePath } from '../znodes.js';

const askedAtOnce = 64;

export const defineZkLs: DefineCommand = (program, run) => {
  addListOptions(
    program
      .command('ls')
      .description('list the children of a znode')
      .argument('[path]', 'path of a znode', '/nodepool'),
  ).action((path: string, options: ListOptions) => run((context) => listZnodes(context, path, options)));
};

async function listZnodes(context: CommandContext, text: string, options: ListOptions): Promise<number> {
  const path = znodePath(text);
  const zk = await context.zookeeper();
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
  await printListing(context, znodeListing(rows.filter((row) => row !== undefined)), options);
  return 0;
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
