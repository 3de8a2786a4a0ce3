import type { Finding } from '@nodepool/config';
import { renderData } from '@nodepool/listings';
import type { CommandContext, DefineCommand } from '../command.js';
import { type FormatOptions, formatOption } from '../format-option.js';

export const defineConfigValidate: DefineCommand = (program, run) => {
  program
    .command('config-validate')
    .description('check the configuration file, and the secure file when one is given')
    .addOption(formatOption())
    .action((options: FormatOptions) => run((context) => validate(context, options)));
};

async function validate(context: CommandContext, { format }: FormatOptions): Promise<number> {
  const [{ checkConfig, formatFinding }, { drivers }, log] = await Promise.all([
    import('@nodepool/config'),
    import('@nodepool/driver-registry'),
    context.log(),
  ]);
  const { config, secure } = context.options;
  log.child({}, 'nodepool.cmd.config_validator').info({}, `validating ${config}`);
  const findings = await checkConfig({
    path: config,
    securePath: secure,
    drivers,
    env: context.env,
    unknownKeys: 'error',
    // The servers may stand in a secure file that is not at hand, and `standalone` needs none.
    missingZooKeeper: 'warn',
  });
  const errors = count(findings, 'error');
  if (format !== 'table') {
    context.print(await renderData({ valid: errors === 0, findings }, format));
    return errors === 0 ? 0 : 1;
  }
  for (const finding of findings) context.print(formatFinding(finding));
  context.print(`${config}: ${plural(errors, 'error')}, ${plural(count(findings, 'warning'), 'warning')}`);
  return errors === 0 ? 0 : 1;
}

function count(findings: readonly Finding[], severity: Finding['severity']): number {
  return findings.filter((finding) => finding.severity === severity).length;
}

function plural(number: number, noun: string): string {
  return `${number === 0 ? 'no' : number} ${noun}${number === 1 ? '' : 's'}`;
}
