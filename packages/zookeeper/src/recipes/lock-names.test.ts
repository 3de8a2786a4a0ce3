import { describe, expect, it } from 'vitest';
import { lowestNumbered, predecessor, sortedContenders } from './lock-names.js';

const holder = 'aaaa__lock__0000000002';
const waiter = 'ffff__lock__0000000010';

describe('names of lock children', () => {
  it('takes every contender, whatever its prefix, and sorts by the digits as text', () => {
    const names = [waiter, 'x__rlock__0000000000', 'b__lock__-2147483648', 'other', holder, '__lock__12'];

    expect(sortedContenders(names)).toEqual(['b__lock__-2147483648', holder, waiter]);
  });

  it.each([
    [[holder, waiter], holder, { ahead: undefined }],
    [[waiter, holder], waiter, { ahead: holder }],
    [[waiter], holder, 'missing'],
  ])('of %j the one before %s is %j', (names, own, expected) => {
    expect(predecessor(names, own)).toEqual(expected);
  });

  it('finds the lowest number of any child for a forced unlock', () => {
    expect(lowestNumbered([waiter, 'read__rlock__0000000001', holder])).toBe('read__rlock__0000000001');
    expect(lowestNumbered(['none'])).toBeUndefined();
  });
});
