import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyTail, withText } from './log-tail.js';

describe('the tail of a log', () => {
  it('is the same however the text comes in pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[ab\n]*$/)), (pieces) => {
        const { lines, rest, dropped } = pieces.reduce(withText, emptyTail);
        expect([...lines, rest].join('\n')).toBe(pieces.join(''));
        expect(dropped).toBe(0);
      }),
    );
  });

  it('keeps the last 5,000 lines', () => {
    const text = Array.from({ length: 7_000 }, (_, number) => `line ${number}\n`).join('');

    const tail = withText(emptyTail, text);

    expect(tail.lines).toHaveLength(5_000);
    expect(tail.lines[0]).toBe('line 2000');
    expect(tail.dropped).toBe(2_000);
  });
});
