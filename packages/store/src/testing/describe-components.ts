import type { Component, PoolComponent } from '@nodepool/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ComponentStore } from '../types.js';
import type { OpenStoreUnderTest, StoreUnderTest } from './store-under-test.js';

const launcher: Component = { kind: 'launcher', hostname: 'vm', state: 'stopped', version: '1.0', modelApi: 0 };
const pool: PoolComponent = {
  ...launcher,
  kind: 'pool',
  state: 'running',
  id: 'vm.example.com-PoolWorker.cloud-a-main-0',
  name: 'main',
  providerName: 'cloud-a',
  supportedLabels: ['small'],
  priority: 100,
  paused: false,
};

export function describeComponents(open: OpenStoreUnderTest): void {
  describe('components', () => {
    let place: StoreUnderTest;
    let components: ComponentStore;

    beforeEach(async () => {
      place = await open();
      components = place.store.components;
    });

    afterEach(async () => {
      await place[Symbol.asyncDispose]();
    });

    it('are registered while they live, host name and number making the znode', async () => {
      const { store: other, zk } = await place.another();
      await other.components.register(launcher);
      await other.components.register(pool);

      const registered = await place.zk.get('/nodepool/components/pool/vm0000000000');
      const listed = [await components.list('launcher'), await components.list('pool')];
      await zk.close();

      expect(registered.stat.ephemeralOwner).not.toBe(0n);
      expect(Object.keys(JSON.parse(registered.data.toString()))).toEqual([
        'hostname',
        'id',
        'kind',
        'model_api',
        'name',
        'paused',
        'priority',
        'provider_name',
        'state',
        'supported_labels',
        'version',
      ]);
      expect(listed).toEqual([[launcher], [pool]]);
      expect(await components.list('pool')).toEqual([]);
    });

    it('say what has changed, each change after the other, and nothing when nothing has', async () => {
      await using registration = await components.register(pool);

      await Promise.all([registration.update({ paused: true }), registration.update({ supportedLabels: ['big'] })]);
      await registration.update({ paused: true });

      const { stat } = await place.zk.get('/nodepool/components/pool/vm0000000000');
      expect(await components.list('pool')).toEqual([{ ...pool, paused: true, supportedLabels: ['big'] }]);
      expect(stat.version).toBeLessThanOrEqual(2);
    });

    it('are registered again when somebody removed or overwrote them', async () => {
      await using registration = await components.register(pool);
      await place.zk.set('/nodepool/components/pool/vm0000000000', Buffer.from('{}'));
      await registration.update({ paused: true });
      const afterOverwriting = await components.list('pool');
      await place.zk.delete('/nodepool/components/pool/vm0000000000');
      await registration.update({ paused: false });

      expect(afterOverwriting).toEqual([{ ...pool, paused: true }]);
      expect(await components.list('pool')).toEqual([pool]);
    });

    it('are gone when they say so, and stay gone', async () => {
      const registration = await components.register(launcher);

      await registration[Symbol.asyncDispose]();
      await registration.update({ state: 'running' });

      expect(await components.list('launcher')).toEqual([]);
    });

    it('ensure all three directories, whoever asks first', async () => {
      await components.list('builder');

      const { children } = await place.zk.children('/nodepool/components');
      expect([...children].sort()).toEqual(['builder', 'launcher', 'pool']);
    });
  });
}
