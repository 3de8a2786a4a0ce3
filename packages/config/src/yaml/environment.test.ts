import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { substituteVariables } from './environment.js';

describe('substituteVariables', () => {
  it('replaces every use of a variable, without a letter after it', () => {
    const { text } = substituteVariables('a: %(NODEPOOL_X)s\nb: "%(NODEPOOL_X)"', { NODEPOOL_X: '1' });

    expect(text).toBe('a: 1s\nb: "1"');
  });

  it('leaves variables that are not set and names that are not its own', () => {
    const original = 'a: %(NODEPOOL_X) %(HOME) %(nodepool_x) %NODEPOOL_X # %(NODEPOOL_Y)';

    const { text, unresolved } = substituteVariables(original, { HOME: '/root' });

    expect(text).toBe(original);
    expect(unresolved).toEqual([{ name: 'NODEPOOL_X', offset: 3 }]);
  });

  it('does not replace what a value brings in', () => {
    const env = { NODEPOOL_A: '%(NODEPOOL_B)', NODEPOOL_B: 'b' };

    expect(substituteVariables('%(NODEPOOL_A)', env).text).toBe('%(NODEPOOL_B)');
  });

  it('finds the way back to the original', () => {
    const plain = fc.string({ minLength: 1 }).filter((text) => !text.includes('%'));

    fc.assert(
      fc.property(plain, plain, fc.string({ minLength: 1 }), (before, after, value) => {
        const original = `${before}%(NODEPOOL_X)${after}%(NODEPOOL_X)`;
        const { text, originalOffset } = substituteVariables(original, { NODEPOOL_X: value });
        const afterStart = before.length + value.length;

        expect(text).toBe(before + value + after + value);
        expect(originalOffset(before.length - 1)).toBe(before.length - 1);
        expect(originalOffset(before.length)).toBe(before.length);
        expect(originalOffset(afterStart - 1)).toBe(before.length);
        expect(originalOffset(afterStart)).toBe(before.length + '%(NODEPOOL_X)'.length);
        expect(originalOffset(text.length - 1)).toBe(original.lastIndexOf('%'));
        expect(originalOffset(text.length)).toBe(original.length);
      }),
    );
  });
});
