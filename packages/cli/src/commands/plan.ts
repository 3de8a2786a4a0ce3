import type { CommandContext, DefineCommand } from '../command.js';
import { addListOptions, type ListOptions, printListing } from '../format-option.js';
import { takeSnapshot } from '../snapshot.js';

export const definePlan: DefineCommand = (program, run) => {
  addListOptions(
    program
      .command('plan')
      .description('show what the configuration given with -c would change in the tree; changes nothing'),
  ).action((options: ListOptions) => run((context) => showPlan(context, options)));
};

async function showPlan(context: CommandContext, options: ListOptions): Promise<number> {
  const config = await context.config();
  const [{ planChanges }, snapshot] = await Promise.all([import('../plan/plan-changes.js'), takeSnapshot(context)]);
  const columns = [
    { key: 'action', header: 'Action' },
    { key: 'what', header: 'What' },
    { key: 'why', header: 'Why' },
  ];
  const rows = planChanges(config, snapshot).map((change) => ({ ...change }));
  await printListing(context, { columns, rows }, options);
  return 0;
}
