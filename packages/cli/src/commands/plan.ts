import type { Row } from '@nodepool/listings';
import type { CommandContext, DefineCommand } from '../command.js';
import { addListOptions, type ListOptions, printListing } from '../format-option.js';
import { takeSnapshot } from '../snapshot.js';

interface PlanOptions extends ListOptions {
  readonly against: string;
}

export const definePlan: DefineCommand = (program, run) => {
  const command = program
    .command('plan')
    .description('show what the configuration given with -c would change; changes nothing')
    .option('--against <live|file>', 'compare it with the tree, or with another configuration', 'live');
  addListOptions(command).action((options: PlanOptions) => run((context) => showPlan(context, options)));
};

async function showPlan(context: CommandContext, options: PlanOptions): Promise<number> {
  const columns = [
    { key: 'action', header: 'Action' },
    { key: 'what', header: 'What' },
    { key: 'why', header: 'Why' },
  ];
  const rows = options.against === 'live' ? await changesOfTree(context) : await changesOf(context, options.against);
  await printListing(context, { columns, rows }, options);
  return 0;
}

async function changesOfTree(context: CommandContext): Promise<readonly Row[]> {
  const config = await context.config();
  const [{ planChanges }, snapshot] = await Promise.all([import('../plan/plan-changes.js'), takeSnapshot(context)]);
  return planChanges(config, snapshot).map((change) => ({ ...change }));
}

/** Needs no ZooKeeper. Both files have to be valid. */
async function changesOf(context: CommandContext, against: string): Promise<readonly Row[]> {
  const [{ compareFiles }, { readPlain }, { loadConfig }, { drivers }] = await Promise.all([
    import('../plan/compare-files.js'),
    import('@nodepool/config/names'),
    import('@nodepool/config'),
    import('@nodepool/driver-registry'),
  ]);
  const { env } = context;
  const paths = [against, context.options.config];
  for (const path of paths) await loadConfig({ path, securePath: context.options.secure, drivers, env });
  const [before = {}, after = {}] = await Promise.all(paths.map((path) => readPlain(path, { path, env })));
  return compareFiles(before, after).map((difference) => ({ ...difference }));
}
