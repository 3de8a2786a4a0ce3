/** Colour of a state; the word always stands beside it. */
export type Tone = 'good' | 'busy' | 'used' | 'warn' | 'bad' | 'idle';

const tones: Readonly<Record<string, Tone>> = {
  ready: 'good',
  fulfilled: 'good',
  running: 'good',
  ok: 'good',
  fresh: 'good',
  current: 'good',
  init: 'busy',
  building: 'busy',
  testing: 'busy',
  uploading: 'busy',
  validating: 'busy',
  pending: 'busy',
  initializing: 'busy',
  'in-use': 'used',
  requested: 'warn',
  hold: 'warn',
  paused: 'warn',
  due: 'warn',
  overdue: 'bad',
  failed: 'bad',
  aborted: 'bad',
  missing: 'bad',
};

/** What is unknown is drawn without colour. */
export function toneOf(state: string): Tone {
  return tones[state] ?? 'idle';
}
