import type { Command } from 'commander';
import type { CommandContext, DefineCommand, GlobalOptions } from '../command.js';
import { candidateLine, knownCandidates } from '../completion/candidates.js';
import { type NameKind, nameKind } from '../completion/kinds.js';
import { type Cursor, findCursor } from '../completion/position.js';

/**
 * A person who waits for a completion has stopped typing: names that do not come in this time are left out. With the
 * start of the command it makes a second.
 */
const usualLimitMs = 850;
const longestLimitMs = 60_000;

/** What the scripts of `nodepool completion` call: the words so far, and the answer line by line. */
export const defineComplete: DefineCommand = (program, run) => {
  program
    .command('__complete', { hidden: true })
    .argument('[words...]', 'the command line up to the cursor, after "--"')
    .action((words: string[]) => {
      const cursor = findCursor(program, words);
      return run((context) => complete(context, cursor), { limitMs: limitMs(), globals: globalsOf(program, cursor) });
    });
};

/** For distant or busy servers an operator may give it more time. */
function limitMs(): number {
  const asked = Number(process.env['NODEPOOL_COMPLETION_MS']);
  return asked > 0 && asked <= longestLimitMs ? asked : usualLimitMs;
}

/** As the command line that is being typed has them. */
function globalsOf(program: Command, { values }: Cursor): GlobalOptions {
  const [config, secure] = [values.get('config'), values.get('secure')];
  return {
    ...program.opts<GlobalOptions>(),
    ...(config === undefined ? {} : { config }),
    ...(secure === undefined ? {} : { secure }),
  };
}

/**
 * Lines of `value`, or `value<tab>description`; a last line that begins with a colon tells the shell what else to do:
 * `:file` and `:directory` offer those, `:open` puts no space behind the word.
 */
async function complete(context: CommandContext, { position, typed, prefix, values }: Cursor): Promise<number> {
  const kind = nameKind(position);
  const candidates = [...knownCandidates(position), ...(await named(context, kind, typed, values))];
  const fitting = candidates.filter(({ value }) => value.startsWith(typed));
  const lines = fitting.map((each) => candidateLine({ ...each, value: `${prefix}${each.value}` }));
  const directive = directiveOf(kind);
  const text = [...lines, ...(directive === undefined ? [] : [directive])].join('\n');
  if (text !== '') context.print(text);
  return 0;
}

async function named(context: CommandContext, kind: NameKind | undefined, typed: string, values: Cursor['values']) {
  if (kind === undefined || kind === 'file' || kind === 'directory') return [];
  const { liveNames } = await import('../completion/live-names.js');
  return await liveNames(context, kind, { typed, values });
}

function directiveOf(kind: NameKind | undefined): string | undefined {
  if (kind === 'file' || kind === 'directory') return `:${kind}`;
  return kind === 'znode' ? ':open' : undefined;
}
