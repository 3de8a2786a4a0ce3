/**
 * Text for a page in the man(7) language: a backslash, and a point or a quote at the beginning of a line, would mean
 * something else there; hyphens are those that one types.
 */
export function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^(?=[.'])/gm, '\\&');
}

/** A quoted argument of a macro. */
export function quoted(text: string): string {
  return `"${roff(text).replaceAll('"', '\\(dq')}"`;
}

export const bold = (text: string): string => `\\fB${roff(text)}\\fR`;

export const italic = (text: string): string => `\\fI${roff(text)}\\fR`;

/** A term and, indented below, what it means. */
export function tagged(term: string, meaning: string): string {
  return `.TP\n${term}\n${meaning}`;
}

/** A section, left out when it has no content. */
export function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`.SH ${quoted(title)}`, ...lines];
}

/** The longest line that mandoc does not frown upon, characters. */
const lineLength = 80;

/** Long lines of text broken at blanks; lines of macros, and words that would look like one, stay where they are. */
export function wrapped(text: string): string {
  return text
    .split('\n')
    .map((line) => (line.startsWith('.') || line.length <= lineLength ? line : wrappedLine(line)))
    .join('\n');
}

function wrappedLine(line: string): string {
  let width = 0;
  return line
    .split(' ')
    .map((word, index) => {
      const breaks = index > 0 && width + 1 + word.length > lineLength && !/^[.']/.test(word);
      width = breaks || index === 0 ? word.length : width + 1 + word.length;
      return index === 0 ? word : `${breaks ? '\n' : ' '}${word}`;
    })
    .join('');
}
