/** Port of a ZooKeeper server when none is given. */
export const defaultPort = 2281;

/** Session timeout when none is given, seconds. */
export const defaultSessionTimeoutSec = 10;

/** `host:port`, IPv6 addresses in brackets. */
export function serverAddress(host: string, port: number): string {
  const isIpv6 = host.includes(':') && !host.startsWith('[');
  return `${isIpv6 ? `[${host}]` : host}:${port}`;
}
