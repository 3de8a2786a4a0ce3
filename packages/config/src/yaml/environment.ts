/** A text in which variables were replaced, and the way back to the text it was made from. */
export interface SubstitutedText {
  readonly text: string;
  /** Variables that are not set, by their place in the original. Those in comments are left out. */
  readonly unresolved: readonly { readonly name: string; readonly offset: number }[];
  /** Offset in the original of an offset in `text`; the start of the variable when it lies in a replaced part. */
  originalOffset(offset: number): number;
}

interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly originalStart: number;
  readonly originalEnd: number;
}

const variable = /%\((NODEPOOL_\w*)\)/g;

/**
 * Replaces `%(NODEPOOL_X)` by the value of the environment variable. The replacement is textual and comes before YAML is
 * parsed, so a value may hold quotes, line breaks or whole sections.
 *
 * Source: docs/compatibility/config.md section 1.
 */
export function substituteVariables(
  original: string,
  env: Readonly<Record<string, string | undefined>>,
): SubstitutedText {
  const replacements: Replacement[] = [];
  const unresolved: { name: string; offset: number }[] = [];
  let text = '';
  let copied = 0;
  for (const match of original.matchAll(variable)) {
    const name = match[1] ?? '';
    const value = env[name];
    if (value === undefined) {
      if (!isCommented(original, match.index)) unresolved.push({ name, offset: match.index });
      continue;
    }
    text += original.slice(copied, match.index);
    copied = match.index + match[0].length;
    const start = text.length;
    text += value;
    replacements.push({ start, end: text.length, originalStart: match.index, originalEnd: copied });
  }
  text += original.slice(copied);
  return { text, unresolved, originalOffset: (offset) => originalOffset(replacements, offset) };
}

function originalOffset(replacements: readonly Replacement[], offset: number): number {
  const before = replacements.findLast((replacement) => replacement.start <= offset);
  if (before === undefined) return offset;
  return offset < before.end ? before.originalStart : before.originalEnd + (offset - before.end);
}

function isCommented(text: string, offset: number): boolean {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return /(^|\s)#/.test(line);
}
