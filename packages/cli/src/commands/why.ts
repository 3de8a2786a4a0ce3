import { renderData } from '@nodepool/listings';
import type { CommandContext, DefineCommand } from '../command.js';
import { CliError } from '../errors.js';
import { type FormatOptions, formatOption } from '../format-option.js';
import { takeSnapshot } from '../snapshot.js';

export const defineWhy: DefineCommand = (program, run) => {
  program
    .command('why')
    .description('explain why a node, request, image or label is as it is')
    .argument('<name>', 'node id, request id, image or label')
    .addOption(formatOption())
    .action((name: string, options: FormatOptions) => run((context) => tellWhy(context, name, options)));
};

async function tellWhy(context: CommandContext, name: string, { format }: FormatOptions): Promise<number> {
  const { explain } = await import('@nodepool/launcher/explain');
  const snapshot = await takeSnapshot(context);
  if (snapshot.configProblem !== undefined) context.warn(`told without the configuration: ${snapshot.configProblem}`);
  const explanations = explain(name, snapshot);
  if (explanations.length === 0) {
    throw new CliError('NP_CLI_NOTHING_TO_EXPLAIN', `no node, request, image or label is called ${name}`);
  }
  if (format !== 'table') context.print(await renderData(explanations, format));
  else
    for (const each of explanations)
      context.print([`${each.kind} ${name}`, ...each.because.map((line) => `  ${line}`)].join('\n'));
  return 0;
}
