import { FakeClock, settle } from '@nodepool/runtime/testing';
import { expect, it } from 'vitest';
import { openMemoryStore } from '../memory/index.js';
import { newNode, newRequest } from '../testing/store-under-test.js';

it('watches no tree but those that are wanted', async () => {
  const { store } = openMemoryStore({ clock: new FakeClock() });
  await using caches = await store.openCaches({ resourcesOf: () => ({}), only: ['images'] });

  await store.images.requestBuild('debian');
  await store.components.register({ kind: 'builder', hostname: 'b', state: 'running', version: null, modelApi: 0 });
  await settle();

  expect(caches.images.buildRequestedAtMs('debian')).toBeDefined();
  expect([...caches.components.all('builder')]).toEqual([]);
});

it('shows what others change when its lag is over, new requests and own changes at once', async () => {
  const clock = new FakeClock();
  const { store, ensemble } = openMemoryStore({ clock });
  const zuul = openMemoryStore({ clock, ensemble }).store;
  const kept = await zuul.requests.create(newRequest(), { priority: '100', ephemeral: false });
  await using caches = await store.openCaches({ resourcesOf: () => ({}), lagMs: 100 });
  const own = await store.nodes.create(newNode());
  await settle();
  const foreign = await zuul.nodes.create(newNode());

  const made = await zuul.requests.create(newRequest(), { priority: '100', ephemeral: false });
  const held = await zuul.requests.lock(kept.record.id);
  await held?.update({ state: 'pending' });
  await own.update({ comment: 'ours' });
  await settle();
  const atOnce = [caches.requests.get(made.record.id), caches.nodes.get(own.id)?.record.comment];
  const before = [caches.requests.get(kept.record.id)?.record.state, caches.nodes.get(foreign.id)];
  await clock.advance(100);

  expect(atOnce).toEqual([expect.anything(), 'ours']);
  expect(before).toEqual(['requested', undefined]);
  expect(caches.requests.get(kept.record.id)?.record.state).toBe('pending');
  expect(caches.nodes.get(foreign.id)).toMatchObject({ locked: true, record: { state: 'building' } });
});
