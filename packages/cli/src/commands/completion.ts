import { Argument, type Command } from 'commander';
import type { CommandContext, DefineCommand } from '../command.js';

const shells = ['bash', 'zsh', 'fish'] as const;

type Shell = (typeof shells)[number];

export const defineCompletion: DefineCommand = (program, run) => {
  program
    .command('completion')
    .description('print what makes a shell complete commands and options')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .action((shell: Shell) => run((context) => printCompletion(context, program, shell)));
};

async function printCompletion(context: CommandContext, program: Command, shell: Shell): Promise<number> {
  const words = new Map(program.commands.map((command) => [command.name(), wordsOf(command)]));
  context.print(shell === 'fish' ? fishScript(words) : bashScript(words, shell));
  return 0;
}

/** Sub-commands and long options. */
function wordsOf({ commands, options }: Command): readonly string[] {
  return [...commands.map((command) => command.name()), ...options.flatMap(({ long }) => (long == null ? [] : [long]))];
}

/** For zsh, too, which reads completions of bash. */
function bashScript(words: ReadonlyMap<string, readonly string[]>, shell: 'bash' | 'zsh'): string {
  const cases = [...words].map(([name, list]) => `      ${name}) words="${list.join(' ')}"; break ;;`);
  return [
    ...(shell === 'zsh' ? ['autoload -U +X bashcompinit && bashcompinit'] : []),
    '_nodepool() {',
    '  local word words',
    `  words="${[...words.keys()].join(' ')}"`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: of the shell
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case $word in',
    ...cases,
    '    esac',
    '  done',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: of the shell
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _nodepool nodepool',
  ].join('\n');
}

function fishScript(words: ReadonlyMap<string, readonly string[]>): string {
  return [...words]
    .flatMap(([name, list]) => [
      `complete -c nodepool -n __fish_use_subcommand -a ${name}`,
      ...list.map((word) => `complete -c nodepool -n '__fish_seen_subcommand_from ${name}' -a '${word}'`),
    ])
    .join('\n');
}
