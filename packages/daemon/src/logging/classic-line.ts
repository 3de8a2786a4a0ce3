import type { LogFields } from '@nodepool/runtime';
import { type LogLevel, levelNames } from './levels.js';
import { redact } from './redact.js';

/** One thing to log, before it is text. */
export interface LogRecord {
  readonly timeMs: number;
  readonly level: LogLevel;
  readonly logger: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** Fields that stand before the message instead of behind it, with their words. Source: interfaces.md section 5. */
const correlation: readonly (readonly [string, string])[] = [
  ['eventId', 'e'],
  ['requestId', 'node_request'],
  ['nodeId', 'node'],
];

const correlationKeys = new Set(correlation.map(([key]) => key));

/**
 * The line of the Python original, with its newline: `<time> <LEVEL> <logger>: <message>`, correlation ids before the
 * message, other fields behind it as `key=value`. Values of several lines follow on lines of their own, each with the
 * same prefix and two blanks.
 *
 * Source: docs/compatibility/interfaces.md section 5.
 */
export function classicLine(record: LogRecord): string {
  const prefix = `${classicTime(record.timeMs)} ${levelNames[record.level]} ${record.logger}: `;
  let first = correlationPrefix(record.fields);
  const further: string[] = [];
  const [message = '', ...rest] = record.message.split('\n');
  first += message;
  further.push(...rest);
  for (const [key, raw] of Object.entries(record.fields)) {
    if (correlationKeys.has(key) || raw === undefined) continue;
    const value = redact(key, raw);
    if (typeof value === 'string' && value.includes('\n')) further.push(`${key}:`, ...value.trimEnd().split('\n'));
    else first += ` ${key}=${valueText(value)}`;
  }
  return [first, ...further.map((line) => `  ${line}`)].map((line) => `${prefix}${line}\n`).join('');
}

/** `YYYY-MM-DD hh:mm:ss,mmm` in the machine's time zone. */
export function classicTime(timeMs: number): string {
  const date = new Date(timeMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time},${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function correlationPrefix(fields: LogFields): string {
  return correlation
    .filter(([key]) => fields[key] !== undefined && fields[key] !== null)
    .map(([key, word]) => `[${word}: ${oneLine(String(fields[key]))}] `)
    .join('');
}

function valueText(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? 'undefined';
  return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

/** Names come from outside: none may start a line that looks like another record. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ');
}
