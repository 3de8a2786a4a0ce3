import { z } from 'zod';
import type { NetworkProfile } from '../session/types.js';

// Networks as Neutron lists them, reduced to what is used.
// Source: https://docs.openstack.org/api-ref/network/v2/#list-networks

export const Network = z
  .object({
    id: z.string(),
    name: z.string().default(''),
    'router:external': z.boolean().nullish(),
    'provider:physical_network': z.string().nullish(),
    subnets: z.array(z.string()).default([]),
  })
  .transform((network) => ({
    id: network.id,
    name: network.name,
    isRouterExternal: network['router:external'] === true,
    /** Shown where the cloud lets its users see it: such a network leads out by itself. */
    isPhysical: (network['provider:physical_network'] ?? '') !== '',
  }));

export type Network = z.output<typeof Network>;

/** Which of a cloud's networks serve which purpose. */
export interface NetworkRoles {
  /** Their addresses can be reached from outside of the cloud. */
  readonly external: readonly Network[];
  readonly internal: readonly Network[];
  /** Floating addresses come from here. */
  readonly natSource: Network | undefined;
  /** Configured network whose ports get the floating addresses. */
  readonly natDestination: Network | undefined;
  /** Where the interface address is taken from first; also what a server without networks is attached to. */
  readonly defaultInterface: Network | undefined;
}

/**
 * Sorts the networks as openstacksdk does: what the profile says of a network wins, then whether a router leads out of
 * it. A profile that names a network the cloud lacks is treated as if it did not.
 */
export function networkRoles(networks: readonly Network[], profiles: readonly NetworkProfile[]): NetworkRoles {
  const profileOf = ({ name, id }: Network): NetworkProfile | undefined =>
    profiles.find((profile) => profile.name === name || profile.name === id);
  const isExternal = (network: Network): boolean =>
    profileOf(network)?.routesIpv4Externally ?? (network.isRouterExternal || network.isPhysical);
  const marked = (flag: 'natSource' | 'natDestination' | 'defaultInterface'): Network | undefined =>
    networks.find((network) => profileOf(network)?.[flag] === true);
  return {
    external: networks.filter(isExternal),
    internal: networks.filter((network) => !isExternal(network)),
    natSource: marked('natSource') ?? networks.find(({ isRouterExternal }) => isRouterExternal),
    natDestination: marked('natDestination'),
    defaultInterface: marked('defaultInterface'),
  };
}

/** For clouds whose networks cannot be listed: addresses alone tell. */
export const noNetworkRoles: NetworkRoles = networkRoles([], []);
