import type { CommandContext, DefineCommand } from '../command.js';
import { addListOptions, type ListOptions, printListing } from '../format-option.js';

export const defineDoctor: DefineCommand = (program, run) => {
  addListOptions(
    program
      .command('doctor')
      .description('check this machine against the configuration; exit code 1 when something is wrong'),
  ).action((options: ListOptions) => run((context) => examine(context, options)));
};

async function examine(context: CommandContext, options: ListOptions): Promise<number> {
  const [{ checkMachine }, { thisMachine }] = await Promise.all([
    import('../doctor/checks.js'),
    import('../doctor/machine.js'),
  ]);
  const nowMs = context.clock.now();
  const { secure } = context.options;
  const checks = await checkMachine(thisMachine(context.signal), await context.config(), { secure, nowMs });
  const columns = [
    { key: 'check', header: 'Check' },
    { key: 'state', header: 'State' },
    { key: 'detail', header: 'Detail' },
  ];
  await printListing(context, { columns, rows: checks.map((check) => ({ ...check })) }, options);
  return checks.some(({ state }) => state === 'error') ? 1 : 0;
}
