import type { RunningInstance } from '@nodepool/driver-api';
import { describe, expect, it } from 'vitest';
import { runningChange } from './new-node.js';

const instance: RunningInstance = {
  externalId: 'i-1',
  interfaceIp: '192.0.2.7',
  publicIpv4: '192.0.2.7',
  privateIpv4: '10.0.0.7',
  publicIpv6: null,
  cloud: 'cloud',
  region: null,
  az: 'zone-1',
  hostId: 'host',
  driverData: null,
  slot: null,
};
const pool = { useInternalIp: false, nodeAttributes: { rack: 'a', size: 's' } };

describe('the record of a node that runs', () => {
  it('has the address that the driver has chosen', () => {
    expect(runningChange(instance, pool).interfaceIp).toBe('192.0.2.7');
  });

  it('has the private address where the pool uses internal addresses', () => {
    expect(runningChange(instance, { ...pool, useInternalIp: true }).interfaceIp).toBe('10.0.0.7');
  });

  it('has the address of the driver where there is no private one, whatever the pool uses', () => {
    const change = runningChange({ ...instance, privateIpv4: null }, { ...pool, useInternalIp: true });

    expect(change.interfaceIp).toBe('192.0.2.7');
  });

  it('falls back to the private address where the driver has chosen none', () => {
    expect(runningChange({ ...instance, interfaceIp: null }, pool).interfaceIp).toBe('10.0.0.7');
  });

  it('takes over where it runs, and adds the attributes of the instance to those of the pool', () => {
    const change = runningChange({ ...instance, attributes: { size: 'm' }, connectionPort: 2222 }, pool);

    expect(change).toMatchObject({
      az: 'zone-1',
      cloud: 'cloud',
      hostId: 'host',
      externalId: 'i-1',
      connectionPort: 2222,
    });
    expect(change.attributes).toEqual({ rack: 'a', size: 'm' });
  });
});
