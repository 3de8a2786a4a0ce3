import { describe, expect, it } from 'vitest';
import { countFitting, exceededEver, exceededForTenant, exceededNow } from './fit.js';

describe('room', () => {
  it('is what provider and pool both have left', () => {
    const room = {
      providerFigure: { cores: 8 },
      providerUsed: { cores: 7 },
      poolLimits: { instances: 2 },
      poolUsed: { instances: 2 },
    };

    expect(exceededNow(room, { cores: 2, instances: 1 })).toEqual(['cores', 'instances']);
    expect(exceededNow(room, { cores: 1 })).toEqual([]);
  });

  it('names a resource that both lack once', () => {
    const limits = { instances: 0 };
    const room = { providerFigure: limits, providerUsed: {}, poolLimits: limits, poolUsed: {} };

    expect(exceededNow(room, { instances: 1 })).toEqual(['instances']);
  });

  it('for ever is judged by the whole request and counts nothing that exists', () => {
    const room = { providerFigure: undefined, poolLimits: { 'volume-gb': 100 } };

    expect(exceededEver(room, [{ 'volume-gb': 60 }, { 'volume-gb': 60 }])).toEqual(['volume-gb']);
    expect(exceededEver(room, [{ 'volume-gb': 60 }])).toEqual([]);
  });

  it('is enough for so many nodes of one need', () => {
    const room = {
      providerFigure: { cores: 9 },
      providerUsed: { cores: 1 },
      poolLimits: {},
      poolUsed: { instances: 7 },
    };

    expect(countFitting(room, { cores: 3, instances: 1 })).toBe(2);
    expect(countFitting({ ...room, poolLimits: { instances: 7 } }, { cores: 3, instances: 1 })).toBe(0);
    expect(countFitting({ ...room, poolLimits: { instances: 6 } }, { instances: 1 })).toBe(0);
    expect(countFitting(room, { instances: 1 })).toBe(Number.POSITIVE_INFINITY);
  });

  it('of a tenant is the limit less the use', () => {
    expect(exceededForTenant({ ram: 100 }, { ram: 40 }, [{ ram: 30 }, { ram: 31 }])).toEqual(['ram']);
    expect(exceededForTenant({ ram: 100 }, { ram: 40 }, [{ ram: 30 }, { ram: 30 }])).toEqual([]);
  });
});
