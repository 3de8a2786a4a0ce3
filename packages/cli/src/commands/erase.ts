import { Semaphore } from '@nodepool/runtime';
import type { CommandContext, DefineCommand } from '../command.js';

const removedAtOnce = 64;

export const defineErase: DefineCommand = (program, run) => {
  program
    .command('erase')
    .description('remove what ZooKeeper holds of a provider; nothing is deleted in the cloud')
    .argument('<provider>', 'name of the provider, configured or not')
    .option('--force', 'do not ask', false)
    .action((provider: string, options: EraseOptions) => run((context) => erase(context, provider, options)));
};

interface EraseOptions {
  readonly force: boolean;
}

async function erase(context: CommandContext, provider: string, { force }: EraseOptions): Promise<number> {
  const store = await context.store();
  if (!force && !(await isConfirmed(context, provider))) {
    context.print('Aborting. No data erased.');
    return 0;
  }
  context.print(`Erasing build data for ${provider}...`);
  await store.images.eraseProvider(provider);
  context.print(`Erasing node data for ${provider}...`);
  const { nodes } = await store.nodes.list();
  const doomed = nodes.filter(({ record }) => record.provider === provider);
  const places = new Semaphore(removedAtOnce);
  await Promise.all(doomed.map(({ record }) => places.run(() => store.nodes.removeUnlocked(record.id))));
  return 0;
}

async function isConfirmed(context: CommandContext, provider: string): Promise<boolean> {
  context.print('\nWARNING! This action is not reversible!');
  const answer = await context.ask(`Erase ZooKeeper data for provider ${provider}? [N/y] `);
  return answer.trim().toLowerCase() === 'y';
}
