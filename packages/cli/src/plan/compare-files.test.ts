import type { PlainMap } from '@nodepool/config/names';
import { describe, expect, it } from 'vitest';
import { compareFiles } from './compare-files.js';

const pool = (name: string, more: PlainMap = {}): PlainMap => ({ name, 'max-servers': 10, ...more });
const file = (...pools: PlainMap[]): PlainMap => ({ providers: [{ name: 'cloud-a', pools }] });

const told = (...args: Parameters<typeof compareFiles>): readonly string[] =>
  compareFiles(...args).map(({ action, what, why }) => `${action} ${what}: ${why}`);

describe('what differs between two configurations', () => {
  it('is nothing when only the order of named entries differs in the file', () => {
    const [one, other] = [{ labels: [{ name: 'a' }, { name: 'b' }] }, { labels: [{ name: 'a' }, { name: 'b' }] }];

    expect(told(one, other)).toEqual([]);
  });

  it('is named by names', () => {
    expect(told(file(pool('main')), file(pool('main', { 'max-servers': 20 })))).toEqual([
      'change providers.cloud-a.pools.main.max-servers: 10 becomes 20',
    ]);
  });

  it('is told once of what is new or gone', () => {
    expect(told(file(pool('main'), pool('old')), file(pool('main'), pool('new')))).toEqual([
      'add providers.cloud-a.pools.new: ',
      'remove providers.cloud-a.pools.old: ',
    ]);
  });

  it('shows no texts', () => {
    const differences = told({ webapp: { key: 'hunter1' } }, { webapp: { key: 'hunter2' } });

    expect(differences).toEqual(['change webapp.key: another value']);
  });

  it('tells of an order that matters, and of lists without names', () => {
    expect(told(file(pool('a'), pool('b')), file(pool('b'), pool('a')))).toEqual([
      'change providers.cloud-a.pools: the order',
    ]);
    expect(told({ elements: ['a'] }, { elements: ['a', 'b'] })).toEqual(['change elements: another value']);
    expect(told({ a: [{ name: 'x' }, { name: 'x' }] }, { a: [] })).toEqual(['change a: another value']);
  });
});
