import { renderData } from '@nodepool/listings';
import type { Report, TraceLine } from '@nodepool/simulator';
import { InvalidArgumentError, Option } from 'commander';
import type { CommandContext, DefineCommand } from '../command.js';
import { reportTables } from '../simulation-tables.js';

interface SimulateFlags {
  readonly trace: readonly string[];
  readonly set: readonly string[];
  readonly seed: number;
  readonly format: 'table' | 'json';
}

export const defineSimulate: DefineCommand = (program, run) => {
  program
    .command('simulate')
    .description('work out what a launcher with the configuration would have made of a recorded trace')
    .requiredOption('--trace <file...>', 'the trace, as `nodepool record` writes it; all parts of one that was rotated')
    .option('--set <path=value>', 'try another value: providers.X.pools.main.max-servers=200; repeatable', collect, [])
    .option('--seed <number>', 'of the chances that are drawn; the same seed gives the same answer', integer, 1)
    .addOption(new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'))
    .action((flags: SimulateFlags) => run((context) => runSimulation(context, flags)));
};

function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

function integer(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('Give a whole number.');
  return value;
}

async function runSimulation(context: CommandContext, { trace, set, seed, format }: SimulateFlags): Promise<number> {
  const [{ loadWith, parseSetting, readTrace, simulate, workloadOf }, { drivers }] = await Promise.all([
    import('@nodepool/simulator'),
    import('@nodepool/driver-registry'),
  ]);
  const { config: path, secure: securePath } = context.options;
  const config = await loadWith({ path, securePath, drivers, env: context.env }, set.map(parseSetting));
  const lines: TraceLine[] = [];
  for (const file of trace) for await (const line of readTrace(file, context.signal)) lines.push(line);
  const report: Report = simulate(config, workloadOf(lines), seed);
  context.print(format === 'json' ? await renderData(report, 'json') : reportTables(report));
  return 0;
}
