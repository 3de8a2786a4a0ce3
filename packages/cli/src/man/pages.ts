import type { Argument, Command, Option } from 'commander';
import { describeProgram } from '../program.js';
import { bold, italic, quoted, roff, section, tagged, wrapped } from './roff.js';

/** Of the form of the pages; a release does not change it, so that pages change when commands do. */
const date = '2026-11-23';

/** The manual in man(7): one page for the program and one for each command, by name of the file. */
export function manPages(): ReadonlyMap<string, string> {
  const program = describeProgram();
  const commands = visible(program);
  return new Map([
    ['nodepool.1', page('nodepool', program.description(), programSections(program))],
    ...commands.map((command): [string, string] => {
      const name = `nodepool-${command.name()}`;
      return [`${name}.1`, page(name, command.description(), commandSections(command))];
    }),
  ]);
}

function page(name: string, description: string, sections: readonly string[]): string {
  const lines = [
    `.TH ${quoted(name.toUpperCase())} 1 ${date} Nodepool ${quoted('Nodepool Manual')}`,
    ...section('NAME', [`${roff(name)} \\- ${roff(description.replace(/\.$/, ''))}`]),
    ...sections,
  ];
  return `.\\" Made from the definitions of the commands by script/generate; do not edit.\n${lines.map(wrapped).join('\n')}\n`;
}

function programSections(program: Command): readonly string[] {
  return [
    ...section('SYNOPSIS', [`.B nodepool`, `[${italic('options')}]`, italic('command'), '\\&...']),
    ...section('DESCRIPTION', [
      'Nodepool keeps pools of single-use test machines ready in clouds.',
      'This command shows and changes what its daemons keep in ZooKeeper.',
      'Each command has a page of its own:',
      `${bold('nodepool-list')}(1) for one.`,
    ]),
    ...section('OPTIONS', options(program)),
    ...section(
      'COMMANDS',
      visible(program).map((command) => tagged(bold(command.name()), `${sentence(command.description())}`)),
    ),
    ...section(
      'EXIT STATUS',
      exitCodes.map(([code, meaning]) => tagged(bold(code), meaning)),
    ),
    ...section(
      'ENVIRONMENT',
      variables.map(([name, meaning]) => tagged(bold(name), meaning)),
    ),
    ...section('FILES', [tagged(italic('/etc/nodepool/nodepool.yaml'), 'The configuration, unless another is named.')]),
    ...section('SEE ALSO', seeAlso(visible(program))),
  ];
}

function commandSections(command: Command): readonly string[] {
  const below = visible(command);
  return [
    ...section(
      'SYNOPSIS',
      below.length === 0
        ? synopsis(command)
        : below.flatMap((each, index) => [...(index === 0 ? [] : ['.PP']), ...synopsis(each)]),
    ),
    ...section('DESCRIPTION', [sentence(command.description())]),
    ...section('ARGUMENTS', argumentsOf(command)),
    ...section('OPTIONS', options(command)),
    ...below.flatMap((each) =>
      section(fullName(each), [sentence(each.description()), ...argumentsOf(each), ...options(each)]),
    ),
    ...section('SEE ALSO', [`${bold('nodepool')}(1)`]),
  ];
}

function synopsis(command: Command): readonly string[] {
  const words = command.registeredArguments.map((argument) => {
    const name = `${italic(argument.name())}${argument.variadic ? ' ...' : ''}`;
    return argument.required ? name : `[${name}]`;
  });
  return [bold(fullName(command)), `[${italic('options')}]`, ...words];
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

function argumentsOf(command: Command): readonly string[] {
  return command.registeredArguments.map((argument) =>
    tagged(italic(argument.name()), `${sentence(argument.description)}${choices(argument)}${fallback(argument)}`),
  );
}

function options(command: Command): readonly string[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => {
      const [, value] = /([<[].*)$/.exec(option.flags) ?? [];
      const flags = [option.short, option.long].filter((flag) => flag != null).map(bold);
      const term = `${flags.join(', ')}${value === undefined ? '' : ` ${italic(value.replaceAll(/[<>]/g, ''))}`}`;
      return tagged(term, `${sentence(option.description)}${choices(option)}${fallback(option)}`);
    });
}

function choices({ argChoices }: Argument | Option): string {
  return argChoices === undefined ? '' : `\nOne of ${argChoices.map(bold).join(', ')}.`;
}

function fallback({ defaultValue }: Argument | Option): string {
  const isWorthTelling = typeof defaultValue === 'string' || typeof defaultValue === 'number';
  return isWorthTelling ? `\nDefault: ${bold(String(defaultValue))}.` : '';
}

function seeAlso(commands: readonly Command[]): readonly string[] {
  const names = commands.map((command) => `${bold(`nodepool-${command.name()}`)}(1)`);
  return names.map((name, index) => (index === names.length - 1 ? name : `${name},`));
}

function sentence(text: string): string {
  const [first = '', ...rest] = text.trim();
  return `${roff(`${first.toUpperCase()}${rest.join('')}`)}${/[.?!]$/.test(text) ? '' : '.'}`;
}

function visible(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command);
}

const exitCodes = [
  ['0', 'Done; also when a record named on the command line does not exist, or cannot be deleted yet.'],
  ['1', 'Failed: one line on standard error says why. Also without a command.'],
  ['2', 'The command line was not understood.'],
  ['129, 130, 143', 'Ended by SIGHUP, Ctrl\\-C, SIGTERM.'],
] as const;

const variables = [
  ['NO_COLOR', 'When set, nothing is coloured.'],
  ['NODEPOOL_COMPLETION_MS', 'How long the completion of a word may take, milliseconds.'],
] as const;
