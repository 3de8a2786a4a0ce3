export type ScalarValue = string | number | boolean | null;

const nullText = /^(?:~|null|Null|NULL|)$/;
const trueText = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const falseText = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const integerText = /^[-+]?(?:0b[0-1_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const floatText =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*)$/;
const infinityText = /^[-+]?\.(?:inf|Inf|INF)$/;
const notANumberText = /^\.(?:nan|NaN|NAN)$/;

/**
 * Reads an unquoted scalar as PyYAML's safe loader does, which is YAML 1.1 with its own omissions: `yes` and `Off` are
 * booleans but `y` is not, `017` is octal, `1:30` is 90, `1e3` is a string.
 *
 * Dates stay strings: nothing in the file takes one, and their spelling matters where text is meant.
 */
export function readPlainScalar(text: string): ScalarValue {
  if (nullText.test(text)) return null;
  if (trueText.test(text)) return true;
  if (falseText.test(text)) return false;
  if (integerText.test(text)) return readInteger(text);
  if (floatText.test(text)) return readFloat(text);
  if (infinityText.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return notANumberText.test(text) ? Number.NaN : text;
}

function readInteger(text: string): number {
  const { sign, digits } = splitSign(text);
  if (digits.includes(':')) return sign * readBase60(digits);
  if (/^0[0-7]+$/.test(digits)) return sign * Number.parseInt(digits, 8);
  return sign * Number(digits);
}

function readFloat(text: string): number {
  const { sign, digits } = splitSign(text);
  return sign * (digits.includes(':') ? readBase60(digits) : Number(digits));
}

function splitSign(text: string): { readonly sign: 1 | -1; readonly digits: string } {
  return { sign: text.startsWith('-') ? -1 : 1, digits: text.replaceAll('_', '').replace(/^[-+]/, '') };
}

function readBase60(digits: string): number {
  return digits.split(':').reduce((total, part) => total * 60 + Number(part), 0);
}
