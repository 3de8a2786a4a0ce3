import type { CommandContext, DefineCommand } from '../command.js';
import { CliError } from '../errors.js';
import { atZnode, isConfirmed, znodePath } from '../znodes.js';

interface RmOptions {
  readonly yes: boolean;
  readonly recursive: boolean;
}

export const defineZkRm: DefineCommand = (program, run) => {
  program
    .command('rm')
    .description('remove a znode, after asking; nothing is deleted in a cloud, and no lock is respected')
    .argument('<path>', 'path of a znode')
    .option('--yes', 'do not ask', false)
    .option('--recursive', 'remove everything below it, too', false)
    .action((path: string, options: RmOptions) => run((context) => removeZnode(context, path, options)));
};

async function removeZnode(context: CommandContext, text: string, { yes, recursive }: RmOptions): Promise<number> {
  const path = znodePath(text);
  if (path === '/' || path === '/zookeeper' || path.startsWith('/zookeeper/')) {
    throw new CliError('NP_CLI_ZNODE_PATH', `${path} belongs to ZooKeeper and stays`);
  }
  const zk = await context.zookeeper();
  const stat = await zk.exists(path);
  if (stat === undefined) throw new CliError('NP_CLI_ZNODE_UNKNOWN', `there is no znode ${path}`);
  const below = recursive && stat.numChildren > 0 ? ' and everything below it' : '';
  if (!(await isConfirmed(context, `Remove ${path}${below}?`, yes))) return 0;
  await atZnode(path, recursive ? zk.deleteRecursive(path) : zk.delete(path, stat.version));
  return 0;
}
