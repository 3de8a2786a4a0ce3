import { renderData } from '@nodepool/listings';
import type { VhdCheck } from '@nodepool/vhd';
import type { CommandContext, DefineCommand } from '../command.js';
import { type FormatOptions, formatOption } from '../format-option.js';

export const defineVhdCheck: DefineCommand = (program, run) => {
  program
    .command('check')
    .description('check the structures of a VHD; exit code 1 when something is wrong')
    .argument('<vhd>', 'the file')
    .addOption(formatOption())
    .action((vhd: string, { format }: FormatOptions) => run((context) => check(context, vhd, format)));
};

async function check(context: CommandContext, path: string, format: FormatOptions['format']): Promise<number> {
  const { checkVhd } = await import('@nodepool/vhd');
  const result = await checkVhd(path, { signal: context.signal });
  const { isSound, findings, findingCount } = result;
  const data = { path, sound: isSound, findings, finding_count: findingCount };
  context.print(format === 'table' ? checkText(path, result) : await renderData(data, format));
  return isSound ? 0 : 1;
}

function checkText(path: string, { isSound, findings, findingCount }: VhdCheck): string {
  if (isSound) return `${path}: sound`;
  const lines = findings.map(({ code, message }) => `${path}: ${code}: ${message}`);
  const rest = findingCount - findings.length;
  return [...lines, ...(rest > 0 ? [`${path}: and ${rest} more`] : [])].join('\n');
}
