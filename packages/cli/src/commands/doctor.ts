import type { CommandContext, DefineCommand } from '../command.js';
import { addListOptions, type ListOptions, printListing } from '../format-option.js';

export const defineDoctor: DefineCommand = (program, run) => {
  addListOptions(
    program
      .command('doctor')
      .description(
        'check this machine, ZooKeeper and the clouds against the configuration; exit code 1 when something is wrong',
      ),
  ).action((options: ListOptions) => run((context) => examine(context, options)));
};

async function examine(context: CommandContext, options: ListOptions): Promise<number> {
  const [{ checkMachine }, { thisMachine }, { configuredClouds }, { serverClockChecks }] = await Promise.all([
    import('../doctor/checks.js'),
    import('../doctor/machine.js'),
    import('../doctor/clouds.js'),
    import('../doctor/server-clock.js'),
  ]);
  const { clock, signal } = context;
  const { secure } = context.options;
  const config = await context.config();
  const found = await Promise.all([
    checkMachine(thisMachine({ clock, signal }), configuredClouds(context, config), config, {
      secure,
      nowMs: clock.now(),
    }),
    serverClockChecks(context),
  ]);
  const checks = found.flat();
  const columns = [
    { key: 'check', header: 'Check' },
    { key: 'state', header: 'State' },
    { key: 'detail', header: 'Detail' },
  ];
  await printListing(context, { columns, rows: checks.map((check) => ({ ...check })) }, options);
  return checks.some(({ state }) => state === 'error') ? 1 : 0;
}
