import { FakeClock, settle } from '@nodepool/runtime/testing';
import { expect, it } from 'vitest';
import { openMemoryStore } from '../memory/index.js';

it('watches no tree but those that are wanted', async () => {
  const { store } = openMemoryStore({ clock: new FakeClock() });
  await using caches = await store.openCaches({ resourcesOf: () => ({}), only: ['images'] });

  await store.images.requestBuild('debian');
  await store.components.register({ kind: 'builder', hostname: 'b', state: 'running', version: null, modelApi: 0 });
  await settle();

  expect(caches.images.buildRequestedAtMs('debian')).toBeDefined();
  expect([...caches.components.all('builder')]).toEqual([]);
});
