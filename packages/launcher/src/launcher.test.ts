import { settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { World } from './testing/world.js';

describe('a launcher', () => {
  it('fulfils a request with a new node', async () => {
    await using world = new World();
    await world.launcher();

    const id = await world.request();
    await settle();

    expect(await world.requestNow(id)).toMatchObject({ state: 'fulfilled' });
  });
});
