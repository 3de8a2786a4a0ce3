import { describe, expect, it } from 'vitest';
import { compareRequests } from './node-request.js';
import { aRequest } from './testing/index.js';

describe('order of requests', () => {
  it('is priority prefix, then relative priority, then age', () => {
    const ids = [
      aRequest({ id: '900-0000000001' }),
      aRequest({ id: '200-0000000002', relativePriority: 5 }),
      aRequest({ id: '200-0000000003', relativePriority: 1 }),
      aRequest({ id: '100-0000000009' }),
      aRequest({ id: '100-0000000004' }),
    ]
      .sort(compareRequests)
      .map(({ id }) => id);

    expect(ids).toEqual(['100-0000000004', '100-0000000009', '200-0000000003', '200-0000000002', '900-0000000001']);
  });
});
