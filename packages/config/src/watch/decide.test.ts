import { describe, expect, it } from 'vitest';
import { decideWatch, type WatchView } from './decide.js';

const idle = { actions: [], recheckAfterMs: 10_000 };

const cases: readonly (readonly [title: string, view: WatchView, decision: ReturnType<typeof decideWatch>])[] = [
  ['rests while nothing changes', { versions: ['1'], handled: ['1'], stableForMs: 0 }, idle],
  [
    'waits for a change to come to rest',
    { versions: ['2'], handled: ['1'], stableForMs: 40 },
    { actions: [], recheckAfterMs: 60 },
  ],
  [
    'reloads when one of two files has changed',
    { versions: ['1', '2'], handled: ['1', '1'], stableForMs: 100 },
    { actions: [{ kind: 'reload', versions: ['1', '2'] }], recheckAfterMs: 10_000 },
  ],
  [
    'looks each half second for a file that is gone',
    { versions: ['1', undefined], handled: ['1', '1'], stableForMs: 0 },
    { actions: [], recheckAfterMs: 500 },
  ],
  [
    'reports it after three half seconds',
    { versions: [undefined], handled: ['1'], stableForMs: 1500 },
    { actions: [{ kind: 'report-missing', versions: [undefined] }], recheckAfterMs: 10_000 },
  ],
  ['reports it once', { versions: [undefined], handled: [undefined], stableForMs: 5000 }, idle],
];

describe('decideWatch', () => {
  it.each(cases)('%s', (_title, view, decision) => {
    expect(decideWatch(view)).toEqual(decision);
  });
});
