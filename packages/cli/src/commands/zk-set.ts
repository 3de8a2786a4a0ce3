import { readFile } from 'node:fs/promises';
import type { CommandContext, DefineCommand } from '../command.js';
import { CliError } from '../errors.js';
import { atZnode, isConfirmed, znodePath } from '../znodes.js';

interface SetOptions {
  readonly yes: boolean;
  readonly force: boolean;
  readonly create: boolean;
}

export const defineZkSet: DefineCommand = (program, run) => {
  program
    .command('set')
    .description('write the data of a znode, after asking; the data have to be a valid record for that place')
    .argument('<path>', 'path of a znode')
    .argument('<data>', 'the data; @FILE takes them from a file')
    .option('--yes', 'do not ask', false)
    .option('--force', 'write what is no valid record, too', false)
    .option('--create', 'create the znode and its parents where they are missing', false)
    .action((path: string, data: string, options: SetOptions) =>
      run((context) => setZnode(context, path, data, options)),
    );
};

/** The write is conditional on what was there when the operator was asked. */
async function setZnode(context: CommandContext, text: string, argument: string, options: SetOptions): Promise<number> {
  const path = znodePath(text);
  const data = argument.startsWith('@') ? await readFile(argument.slice(1)) : Buffer.from(argument);
  const { checkRecord } = await import('@nodepool/store');
  const wrong = checkRecord(path, data);
  if (wrong !== undefined && !options.force) {
    throw new CliError(
      'NP_CLI_RECORD_INVALID',
      `not a valid record for ${path}: ${wrong}; --force writes it all the same`,
    );
  }
  const zk = await context.zookeeper();
  const seen = await zk.exists(path);
  if (seen === undefined && !options.create) {
    throw new CliError('NP_CLI_ZNODE_UNKNOWN', `there is no znode ${path}; --create makes it`);
  }
  const question = seen === undefined ? `Create ${path}?` : `Replace the data of ${path}, version ${seen.version}?`;
  if (!(await isConfirmed(context, question, options.yes))) return 0;
  if (seen !== undefined) {
    await atZnode(path, zk.set(path, data, seen.version));
    return 0;
  }
  const parent = path.slice(0, path.lastIndexOf('/'));
  if (parent !== '') await zk.ensurePath(parent);
  await zk.create(path, data);
  return 0;
}
