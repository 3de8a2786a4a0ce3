import { codePointEscape } from './python-literal.js';

const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** Ranges that terminals draw two columns wide: East Asian wide and full-width forms, and emoji. */
const doubleWidth =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u;
const plain = /^[\x20-\x7e]*$/;

/** Columns that `text`, one line without control characters, takes on a terminal. */
export function textWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const character of text) {
    if (!zeroWidth.test(character)) width += doubleWidth.test(character) ? 2 : 1;
  }
  return width;
}

/**
 * `text` with its control characters other than line feeds spelled out. Records are written by others; what they hold
 * must not steer the terminal.
 */
export function withoutControls(text: string): string {
  return plain.test(text) ? text : text.replaceAll(/[^\P{Cc}\n]/gu, codePointEscape);
}
