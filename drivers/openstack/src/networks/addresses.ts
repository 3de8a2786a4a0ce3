import { BlockList, isIPv4 } from 'node:net';
import type { Address, Addresses, Server } from '../servers/server.js';
import type { NetworkRoles } from './network.js';

// Which of a server's addresses is which. The order of choice is openstacksdk's, which operators have configured
// their profiles for; what it tries on port 22 to choose between several is left to the host check.

export interface AddressSettings {
  /** The profile's `private`: this side reaches the cloud's private addresses. */
  readonly isPrivate: boolean;
  readonly forceIpv4: boolean;
  /** The profile's `use_external_network`: without it no address counts as public, by its network or otherwise. */
  readonly usesExternalNetwork: boolean;
  /** The profile's `use_internal_network`, likewise. */
  readonly usesInternalNetwork: boolean;
  /** This machine has a route to the world of IPv6. */
  readonly hasLocalIpv6: boolean;
}

export interface ServerAddresses {
  /** Null when the server has no address at all. */
  readonly interfaceIp: string | null;
  readonly publicIpv4: string | null;
  readonly privateIpv4: string | null;
  readonly publicIpv6: string | null;
}

type Addressed = Pick<Server, 'addresses' | 'accessIpv4' | 'accessIpv6'>;

export function serverAddresses(server: Addressed, roles: NetworkRoles, settings: AddressSettings): ServerAddresses {
  const publicIpv4 = settings.usesExternalNetwork ? findPublicIpv4(server, roles) : undefined;
  const privateIpv4 = settings.usesInternalNetwork ? findPrivateIpv4(server.addresses, roles) : undefined;
  const publicIpv6 = settings.forceIpv4 ? undefined : findPublicIpv6(server);
  const found = { publicIpv4, privateIpv4, publicIpv6 };
  return {
    interfaceIp: chooseInterface(server, found, roles, settings) ?? null,
    publicIpv4: publicIpv4 ?? null,
    // Clients of the original expect one even where all addresses are public.
    privateIpv4: privateIpv4 ?? publicIpv4 ?? null,
    publicIpv6: publicIpv6 ?? null,
  };
}

/** True when the server has an address of its own that a floating one can lead to, and no public one yet. */
export function lacksPublicAddress(server: Addressed, roles: NetworkRoles): boolean {
  if (findPublicIpv4(server, roles) !== undefined) return false;
  const all = Object.values(server.addresses).flat();
  return all.some(({ version, type }) => version === 4 && type !== 'floating');
}

interface Found {
  readonly publicIpv4: string | undefined;
  readonly privateIpv4: string | undefined;
  readonly publicIpv6: string | undefined;
}

function chooseInterface(
  { addresses }: Addressed,
  found: Found,
  roles: NetworkRoles,
  settings: AddressSettings,
): string | undefined {
  const overIpv6 = settings.hasLocalIpv6 && !settings.forceIpv4;
  const onDefault = roles.defaultInterface === undefined ? [] : (addresses[roles.defaultInterface.name] ?? []);
  const byDefault = (overIpv6 ? first(onDefault, { version: 6 }) : undefined) ?? first(onDefault, { version: 4 });
  if (byDefault !== undefined) return byDefault;
  if (settings.isPrivate && found.privateIpv4 !== undefined) return found.privateIpv4;
  if (overIpv6 && found.publicIpv6 !== undefined) return found.publicIpv6;
  // The SDK stops after the public one; then nothing could connect to a server that only has a private address.
  return found.publicIpv4 ?? found.privateIpv4 ?? found.publicIpv6 ?? anyAddress(addresses);
}

function findPublicIpv4({ addresses, accessIpv4 }: Addressed, roles: NetworkRoles): string | undefined {
  if (accessIpv4 !== '') return accessIpv4;
  for (const { name } of roles.external) {
    const ip = first(addresses[name] ?? [], { version: 4 });
    if (ip !== undefined) return ip;
  }
  const all = Object.values(addresses).flat();
  return (
    first(all, { version: 4, type: 'floating' }) ??
    first(addresses['public'] ?? [], { version: 4 }) ??
    all.find(({ ip, version }) => version === 4 && isGlobalIpv4(ip))?.ip
  );
}

function findPrivateIpv4(addresses: Addresses, roles: NetworkRoles): string | undefined {
  const floating = Object.values(addresses)
    .flat()
    .find(({ version, type }) => version === 4 && type === 'floating');
  // The private address behind the floating one, where the server has several.
  const sameMac = ({ mac }: Address): boolean => floating?.mac === undefined || mac === floating.mac;
  for (const type of ['fixed', undefined]) {
    for (const { name } of roles.internal) {
      const ip = first((addresses[name] ?? []).filter(sameMac), { version: 4, type });
      if (ip !== undefined) return ip;
    }
  }
  return first(addresses['private'] ?? [], { version: 4 });
}

function findPublicIpv6({ addresses, accessIpv6 }: Addressed): string | undefined {
  return accessIpv6 === '' ? first(Object.values(addresses).flat(), { version: 6 }) : accessIpv6;
}

/** The first that fits, floating ones before fixed ones. */
function first(
  addresses: readonly Address[],
  wanted: { readonly version: number; readonly type?: string | undefined },
): string | undefined {
  const fitting = addresses.filter(
    ({ version, type }) => version === wanted.version && (wanted.type === undefined || type === wanted.type),
  );
  return (fitting.find(({ type }) => type === 'floating') ?? fitting[0])?.ip;
}

function anyAddress(addresses: Addresses): string | undefined {
  const all = Object.values(addresses).flat();
  return (all.find(({ version }) => version === 4) ?? all[0])?.ip;
}

/** Ranges that are not routed globally. Source: IANA IPv4 Special-Purpose Address Registry. */
const notGlobal = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 29],
  ['192.0.0.170', 31],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['240.0.0.0', 4],
] as const;

const special = new BlockList();
for (const [net, bits] of notGlobal) special.addSubnet(net, bits);

function isGlobalIpv4(ip: string): boolean {
  return isIPv4(ip) && !special.check(ip);
}
