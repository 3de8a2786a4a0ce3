import type { Paint } from '@nodepool/listings';

const start = '\u001b[';
const plain = `${start}0m`;
const green = `${start}32m`;
const red = `${start}31m`;
const yellow = `${start}33m`;
const magenta = `${start}35m`;

const colourOfState: ReadonlyMap<string, string> = new Map([
  ['ready', green],
  ['fulfilled', green],
  ['ok', green],
  ['failed', red],
  ['aborted', red],
  ['error', red],
  ['building', yellow],
  ['uploading', yellow],
  ['pending', yellow],
  ['testing', yellow],
  ['warning', yellow],
  ['hold', magenta],
  ['paused', magenta],
]);

/** Whether standard output is a terminal that understands control sequences. */
export function isDrawable(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  return isTerminal && env['TERM'] !== 'dumb';
}

/** Whether to colour what is written to a terminal or elsewhere. See https://no-color.org. */
export function wantsColours(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const { NO_COLOR: noColor = '' } = env;
  return isDrawable(env, isTerminal) && noColor === '';
}

/** The word for a state in its colour; other words as they are. */
export function paintState(state: string): string {
  const colour = colourOfState.get(state);
  return colour === undefined ? state : `${colour}${state}${plain}`;
}

/** Colours the states in a listing. */
export const paintListing: Paint = (text, key) => (key === 'state' ? paintState(text) : text);
