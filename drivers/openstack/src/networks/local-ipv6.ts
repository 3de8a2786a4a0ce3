import { networkInterfaces } from 'node:os';

/** Whether this machine has an IPv6 address that reaches beyond its own network. */
export function hasLocalIpv6(interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces()): boolean {
  return Object.values(interfaces).some((addresses) =>
    (addresses ?? []).some(
      ({ family, internal, address }) => family === 'IPv6' && !internal && !address.toLowerCase().startsWith('fe80:'),
    ),
  );
}
