import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pages, parseRoute, routeHash } from './route.js';

describe('an address', () => {
  it('is read as it was written', () => {
    const route = fc.record({
      page: fc.constantFrom(...pages),
      id: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
      query: fc.dictionary(fc.stringMatching(/^[a-z]+$/), fc.string({ minLength: 1 })),
    });
    fc.assert(
      fc.property(route, ({ page, id, query }) => {
        const read = parseRoute(routeHash({ page, id, query }));
        expect(read).toEqual({ page, id, query: { ...query } });
      }),
    );
  });

  it.each(['', '#', '#/', '#/nonsense', '#nodes/..'])('that says nothing is the overview: %s', (hash) => {
    expect(['overview', 'nodes']).toContain(parseRoute(hash).page);
  });

  it('leaves out filters that are empty', () => {
    expect(routeHash({ page: 'nodes', query: { state: '', label: 'a b' } })).toBe('#/nodes?label=a+b');
  });

  it('bears with an id that is not encoded right', () => {
    expect(parseRoute('#/nodes/%E0%A4%A').id).toBe('%E0%A4%A');
  });
});
