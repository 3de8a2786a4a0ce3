import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fifo } from './fifo.js';

describe('Fifo', () => {
  it('behaves as an array that is shifted', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 1, max: 3_000 })), { maxLength: 30 }), (steps) => {
        const fifo = new Fifo<number>();
        const model: number[] = [];
        let next = 0;
        for (const step of steps) {
          for (let each = 0; each < (step ?? 1_500); each += 1) {
            if (step === null) expect(fifo.shift()).toBe(model.shift());
            else {
              fifo.push(next);
              model.push(next);
              next += 1;
            }
          }
          expect(fifo.size).toBe(model.length);
          expect(fifo.peek()).toBe(model[0]);
        }
      }),
      { numRuns: 30 },
    );
  });
});
