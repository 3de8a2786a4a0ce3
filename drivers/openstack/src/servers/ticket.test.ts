import { describe, expect, it } from 'vitest';
import { readLaunchState } from './ticket.js';

describe('the ticket of a launch', () => {
  it.each([null, {}, 'text', { floating: 'yes' }])('has defaults for what is missing or strange: %o', (data) => {
    expect(readLaunchState(data)).toEqual({ floating: false, launchedBy: '', addresslessSinceMs: null });
  });

  it('is read as it was written', () => {
    const state = { floating: true, launchedBy: 'abc', addresslessSinceMs: 12 };

    expect(readLaunchState(JSON.parse(JSON.stringify(state)))).toEqual(state);
  });
});
