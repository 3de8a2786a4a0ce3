import type { Component } from '@nodepool/model';
import { describe, expect, it } from 'vitest';
import { checkModelApi } from './model-api.js';
import { aConfig } from './testing/a-config.js';
import { World } from './testing/world.js';

function at(modelApi: number): Component {
  return { kind: 'launcher', hostname: 'vm', state: 'running', version: null, modelApi };
}

describe('the schema level', () => {
  it.each([
    ['of the others is its own', 0, [0, 0]],
    ['of some other is as low', 0, [1, 0]],
    ['of all others is lower', 1, [0]],
    ['of nobody is known', 0, []],
  ])('lets a component start when that %s', (_what, own, others) => {
    expect(() => checkModelApi(at(own), others.map(at))).not.toThrow();
  });

  it('keeps a component from starting when that of all others is higher', async () => {
    await using world = new World();
    await world.store.components.register({ ...at(1), kind: 'builder' });

    await expect(world.launcher(aConfig())).rejects.toMatchObject({ code: 'NP_MODEL_API' });
    expect(await world.store.components.list('launcher')).toEqual([]);
  });
});
