import { BuilderError } from '../errors.js';

/**
 * Splits a command line into words as a POSIX shell does, without any expansion.
 *
 * @throws NP_BAD_COMMAND when a quotation is left open.
 */
export function splitCommand(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let rest = line;
  while (rest !== '') {
    const token = tokenPattern.exec(rest);
    if (token === null) throw new BuilderError('NP_BAD_COMMAND', `splitting "${line}": a quotation is left open`);
    rest = rest.slice(token[0].length);
    const text = tokenText(token);
    if (text !== undefined) word = (word ?? '') + text;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  return word === undefined ? words : [...words, word];
}

const tokenPattern =
  /^(?:(?<blank>\s+)|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\[\s\S])*)"|\\(?<escaped>[\s\S])|(?<plain>[^\s'"\\]+))/;

/** Undefined for the blanks between words. */
function tokenText(token: RegExpExecArray): string | undefined {
  const { blank, single, double, escaped, plain } = token.groups ?? {};
  if (blank !== undefined) return undefined;
  if (double !== undefined)
    return double.replaceAll(/\\(["\\$`\n])/g, (_, kept: string) => (kept === '\n' ? '' : kept));
  if (escaped === '\n') return '';
  return single ?? escaped ?? plain;
}
