import { describe, expect, it } from 'vitest';
import { decideStock, type StockView } from './decide.js';

function aStock(overrides: Partial<StockView> = {}): StockView {
  return {
    label: 'small',
    minReady: 3,
    ready: 0,
    open: 0,
    hasImage: true,
    room: Number.POSITIVE_INFINITY,
    notBeforeMs: undefined,
    ...overrides,
  };
}

const three = [{ label: 'small', count: 3 }];

describe('the standing stock', () => {
  it.each<[string, Partial<StockView>, readonly object[]]>([
    ['asks for all that is missing', {}, three],
    ['counts ready nodes and open requests', { ready: 1, open: 1 }, [{ label: 'small', count: 1 }]],
    ['counts nodes on their way to nobody', { ready: 1, coming: 1 }, [{ label: 'small', count: 1 }]],
    ['asks for nothing when it is complete', { ready: 3 }, []],
    ['asks for nothing when min-ready was lowered', { ready: 5 }, []],
    ['asks for nothing when min-ready is 0', { minReady: 0 }, []],
    ['asks for nothing when min-ready is negative', { minReady: -1 }, []],
    ['asks for nothing without an image', { hasImage: false }, []],
    ['asks for nothing without room', { room: 0 }, []],
    ['asks for no more than there is room for', { room: 2 }, [{ label: 'small', count: 2 }]],
    ['asks again once the pause after a failure is over', { notBeforeMs: 1_000 }, three],
    ['asks for nothing during that pause', { notBeforeMs: 1_001 }, []],
  ])('%s', (_name, overrides, requests) => {
    expect(decideStock([aStock(overrides)], 1_000).requests).toEqual(requests);
  });

  it('is looked at again when the first pause is over', () => {
    const stock = [
      aStock({ notBeforeMs: 5_000 }),
      aStock({ notBeforeMs: 3_000 }),
      aStock({ ready: 3, notBeforeMs: 2_000 }),
    ];

    expect(decideStock(stock, 1_000).recheckAfterMs).toBe(2_000);
  });
});
