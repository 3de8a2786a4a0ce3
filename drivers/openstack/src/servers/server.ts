import { tagKeys } from '@nodepool/driver-api';
import { z } from 'zod';

// A server as Nova's detailed list shows it, reduced to what is used.
// Source: https://docs.openstack.org/api-ref/compute/#list-servers-detailed

const Address = z
  .object({
    addr: z.string(),
    version: z.number(),
    'OS-EXT-IPS:type': z.string().optional(),
    'OS-EXT-IPS-MAC:mac_addr': z.string().optional(),
  })
  .transform((address) => ({
    ip: address.addr,
    version: address.version,
    /** `fixed` or `floating`; undefined in clouds without Neutron. */
    type: address['OS-EXT-IPS:type'],
    mac: address['OS-EXT-IPS-MAC:mac_addr'],
  }));

/** One address of a server. */
export type Address = z.output<typeof Address>;

/** Addresses by the name of their network. */
export type Addresses = Readonly<Record<string, readonly Address[]>>;

/** Up to microversion 2.46 a flavor is named by its id, from then on it is described. */
const ServerFlavor = z.object({ id: z.string().optional(), vcpus: z.number().optional(), ram: z.number().optional() });

export type ServerFlavor = z.output<typeof ServerFlavor>;

const Fault = z.object({ message: z.string().default(''), code: z.number().optional() });

export const Server = z
  .object({
    id: z.string(),
    name: z.string().default(''),
    status: z.string().default('UNKNOWN'),
    metadata: z.record(z.string(), z.string()).default({}),
    addresses: z.record(z.string(), z.array(Address)).default({}),
    accessIPv4: z.string().nullish(),
    accessIPv6: z.string().nullish(),
    hostId: z.string().nullish(),
    flavor: ServerFlavor.optional(),
    fault: Fault.nullish(),
    'OS-EXT-AZ:availability_zone': z.string().nullish(),
    'OS-EXT-STS:task_state': z.string().nullish(),
    'os-extended-volumes:volumes_attached': z.array(z.object({ id: z.string() })).default([]),
  })
  .transform((server) => ({
    id: server.id,
    name: server.name,
    status: server.status.toUpperCase(),
    metadata: server.metadata,
    addresses: server.addresses,
    accessIpv4: server.accessIPv4 ?? '',
    accessIpv6: server.accessIPv6 ?? '',
    hostId: server.hostId ?? '',
    flavor: server.flavor ?? {},
    faultText: server.fault?.message ?? '',
    zone: server['OS-EXT-AZ:availability_zone'] ?? '',
    taskState: server['OS-EXT-STS:task_state'] ?? '',
    volumeIds: server['os-extended-volumes:volumes_attached'].map(({ id }) => id),
  }));

export type Server = z.output<typeof Server>;

/** Gone for every purpose: Nova shows it to administrators, or keeps it for an undeletion. */
export function isGone({ status }: Pick<Server, 'status'>): boolean {
  return status === 'DELETED' || status === 'SOFT_DELETED';
}

/** On its way out: nothing will make a node of it. */
export function isGoing(server: Pick<Server, 'status' | 'taskState'>): boolean {
  return isGone(server) || server.taskState === 'deleting' || server.taskState === 'soft-deleting';
}

/** Carries tags of Nodepool, of whichever provider. */
export function isTagged({ metadata }: Pick<Server, 'metadata'>): boolean {
  return metadata[tagKeys.providerName] !== undefined;
}
