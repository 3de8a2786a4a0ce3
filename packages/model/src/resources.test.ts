import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addResources, exceededResources, subtractResources } from './resources.js';

const vector = fc.dictionary(fc.constantFrom('cores', 'instances', 'ram', 'volumes'), fc.integer({ min: 0, max: 99 }));

describe('resources', () => {
  it('come back when what was added is taken away', async () => {
    await fc.assert(
      fc.property(vector, vector, (left, right) => {
        const back = subtractResources(addResources(left, right), right);

        for (const key of Object.keys(left)) expect(back[key]).toBe(left[key]);
      }),
    );
  });

  it('fit when no limit is set', () => {
    expect(exceededResources({}, { cores: 99 }, { cores: 1 })).toEqual([]);
  });

  it('name every limit that is in the way', () => {
    const exceeded = exceededResources(
      { instances: 2, cores: 8, ram: 4096 },
      { instances: 2, cores: 2 },
      { instances: 1, cores: 1, ram: 8192 },
    );

    expect(exceeded).toEqual(['instances', 'ram']);
  });

  it('do not stand in the way of what needs nothing of them, even when overdrawn', () => {
    expect(exceededResources({ volumes: 1 }, { volumes: 3 }, { instances: 1, volumes: 0 })).toEqual([]);
  });
});
