import type { Argument, Command, Option } from 'commander';

/** What the word at the cursor is. */
export type Position =
  | { readonly kind: 'word'; readonly commands: readonly Command[]; readonly options: readonly Option[] }
  | { readonly kind: 'value'; readonly of: Option; readonly command: Command }
  | { readonly kind: 'argument'; readonly of: Argument | undefined; readonly command: Command };

/** Where the cursor is in a command line that may not be complete. */
export interface Cursor {
  readonly position: Position;
  /** What has been typed of the word; without `--option=`. */
  readonly typed: string;
  /** `--option=` where the word began with it: the shell wants it in each answer. */
  readonly prefix: string;
  /** Values of options that came before, by name as commander has it, the last of each. */
  readonly values: ReadonlyMap<string, string>;
}

/**
 * Finds out what is being typed.
 *
 * @param words the command line after the name of the program, up to the cursor; the last is the word at the cursor.
 */
export function findCursor(program: Command, words: readonly string[]): Cursor {
  const { before, last } = joinAssignments(words);
  const walk = new Walk(program);
  for (const word of before) walk.pass(word);
  const equals = last.startsWith('--') ? last.indexOf('=') : -1;
  const assigned = equals < 0 ? undefined : walk.option(last.slice(0, equals));
  if (assigned !== undefined && takesValue(assigned)) {
    const position: Position = { kind: 'value', of: assigned, command: walk.command };
    return { position, typed: last.slice(equals + 1), prefix: last.slice(0, equals + 1), values: walk.values };
  }
  return { position: walk.position(last), typed: last, prefix: '', values: walk.values };
}

/** Bash makes three words of `--option=value`; the value is then answered without what stands before it. */
function joinAssignments(words: readonly string[]): { readonly before: readonly string[]; readonly last: string } {
  const isAssignment = (index: number): boolean => words[index] === '=' && words[index - 1]?.startsWith('--') === true;
  const kept = words.filter((_, index) => !isAssignment(index));
  const endsWithSign = words.length > 0 && isAssignment(words.length - 1);
  return endsWithSign ? { before: kept, last: '' } : { before: kept.slice(0, -1), last: kept.at(-1) ?? '' };
}

/** Reads word after word as commander would. */
class Walk {
  command: Command;
  readonly values = new Map<string, string>();
  #pending: Option | undefined;
  #arguments = 0;
  #optionsEnded = false;

  constructor(program: Command) {
    this.command = program;
  }

  option(flag: string): Option | undefined {
    return this.command.options.find(({ short, long }) => flag === short || flag === long);
  }

  pass(word: string): void {
    if (this.#pending !== undefined) {
      this.values.set(this.#pending.attributeName(), word);
      this.#pending = undefined;
    } else if (this.#optionsEnded || !word.startsWith('-') || word === '-') {
      this.#passArgument(word);
    } else if (word === '--') {
      this.#optionsEnded = true;
    } else {
      this.#passOption(word);
    }
  }

  position(last: string): Position {
    const { command } = this;
    if (this.#pending !== undefined) return { kind: 'value', of: this.#pending, command };
    if (last.startsWith('-') && !this.#optionsEnded) {
      return { kind: 'word', commands: [], options: command.options.filter(({ hidden }) => !hidden) };
    }
    const commands = command.createHelp().visibleCommands(command);
    if (commands.length > 0 && this.#arguments === 0) return { kind: 'word', commands, options: [] };
    const declared = command.registeredArguments;
    const of = declared[this.#arguments] ?? (declared.at(-1)?.variadic === true ? declared.at(-1) : undefined);
    return { kind: 'argument', of, command };
  }

  #passOption(word: string): void {
    const equals = word.indexOf('=');
    const option = this.option(equals < 0 ? word : word.slice(0, equals));
    if (option === undefined || !takesValue(option)) return;
    if (equals < 0) this.#pending = option;
    else this.values.set(option.attributeName(), word.slice(equals + 1));
  }

  #passArgument(word: string): void {
    const found = this.command.commands.find((each) => each.name() === word);
    if (found === undefined || this.#arguments > 0) this.#arguments += 1;
    else this.command = found;
  }
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}
