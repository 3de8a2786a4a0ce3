import { compareRequests } from '@nodepool/model';
import { aRequest } from '@nodepool/model/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestQueue } from './queue.js';

const change = fc.record({
  put: fc.boolean(),
  priority: fc.constantFrom('100', '200', '900'),
  sequence: fc.integer({ min: 0, max: 9 }),
  relativePriority: fc.integer({ min: 0, max: 3 }),
});

describe('the queue of a pool', () => {
  it('is always in the order of the requests, whatever was put, moved or taken away', async () => {
    await fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const queue = new RequestQueue<string>();
        const expected = new Map<string, ReturnType<typeof aRequest>>();

        for (const { put, priority, sequence, relativePriority } of changes) {
          const id = `${priority}-000000000${sequence}`;
          const request = aRequest({ id, relativePriority });
          if (put) {
            queue.put(request, id);
            expected.set(id, request);
          } else {
            queue.delete(id);
            expected.delete(id);
          }
        }

        const inOrder = [...expected.values()].sort(compareRequests).map(({ id }) => id);
        expect([...queue]).toEqual(inOrder);
        expect(queue.first()).toBe(inOrder[0]);
      }),
    );
  });
});
