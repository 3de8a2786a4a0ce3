import { systemClock } from '@nodepool/runtime';
import { describeStore } from '../testing/index.js';
import { openMemoryStore } from './index.js';

describeStore('tree in memory', async () => {
  const clock = systemClock;
  const { store, zk, ensemble } = openMemoryStore({ clock });
  return {
    store,
    zk,
    clock,
    another: async () => openMemoryStore({ clock, ensemble }),
    [Symbol.asyncDispose]: () => zk.close(),
  };
});
