import { describe, expect, it } from 'vitest';
import type { NetworkProfile } from '../session/types.js';
import { Network, networkRoles } from './network.js';

const profile = (name: string, marks: Partial<NetworkProfile> = {}): NetworkProfile => ({
  name,
  routesExternally: false,
  routesIpv4Externally: false,
  routesIpv6Externally: false,
  natSource: false,
  natDestination: false,
  defaultInterface: false,
  ...marks,
});

const networks = [
  { id: 'n-private', name: 'private' },
  { id: 'n-provider', name: 'provider', 'provider:physical_network': 'physnet1' },
  { id: 'n-public', name: 'public', 'router:external': true },
].map((network) => Network.parse(network));

const names = (found: readonly Network[]): readonly string[] => found.map(({ name }) => name);

describe('the networks of a cloud', () => {
  it('are external when a router leads out of them or they are physical ones', () => {
    const roles = networkRoles(networks, []);

    expect(names(roles.external)).toEqual(['provider', 'public']);
    expect(names(roles.internal)).toEqual(['private']);
    expect(roles.natSource?.name).toBe('public');
    expect(roles.defaultInterface).toBeUndefined();
  });

  it('are what the profile says, by name or by id', () => {
    const roles = networkRoles(networks, [
      profile('n-private', { routesIpv4Externally: true, defaultInterface: true }),
      profile('public', { natDestination: true }),
      profile('provider', { natSource: true }),
    ]);

    expect(names(roles.external)).toEqual(['private']);
    expect(names(roles.internal)).toEqual(['provider', 'public']);
    expect(roles.natSource?.name).toBe('provider');
    expect(roles.natDestination?.name).toBe('public');
    expect(roles.defaultInterface?.name).toBe('private');
  });
});
