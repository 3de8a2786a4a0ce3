import { lookup, lookupService } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { hostname as systemHostname } from 'node:os';
import { type Clock, deadline } from '@nodepool/runtime';

/** The names of this machine, as Python's `socket` module finds them. */
export interface HostIdentity {
  /** As `socket.getfqdn()`: the first of the host's names with a dot in it, or the host name. */
  readonly fqdn: string;
  /** The host name up to its first dot. */
  readonly hostname: string;
}

/** Where names come from; tests answer themselves. */
export interface NameSources {
  readonly hostname: () => string;
  readonly addressOf: (name: string) => Promise<string>;
  readonly nameOf: (address: string) => Promise<string>;
  readonly hostsFile: () => Promise<string>;
}

const systemNames: NameSources = {
  hostname: systemHostname,
  addressOf: async (name) => (await lookup(name)).address,
  nameOf: async (address) => (await lookupService(address, 0)).hostname,
  hostsFile: () => readFile('/etc/hosts', 'utf8'),
};

/** Resolvers that do not answer must not keep a daemon from starting. */
const lookUpTimeoutMs = 10_000;

/** Never rejects: where the resolver does not help, the host name has to do. */
export async function hostIdentity(clock: Clock, names: NameSources = systemNames): Promise<HostIdentity> {
  const full = names.hostname();
  using limit = deadline(clock, lookUpTimeoutMs);
  const tooLate = new Promise<string>((resolve) => {
    limit.signal.addEventListener('abort', () => resolve(full), { once: true });
  });
  const fqdn = await Promise.race([findFqdn(full, names).catch(() => full), tooLate]);
  return { fqdn, hostname: full.split('.')[0] ?? full };
}

async function findFqdn(full: string, names: NameSources): Promise<string> {
  const address = await names.addressOf(full);
  const canonical = await names.nameOf(address);
  const aliases = canonical.includes('.') ? [] : await hostsAliases(address, names);
  return [canonical, ...aliases].find((name) => name.includes('.')) ?? canonical;
}

/** The names that /etc/hosts gives an address. */
async function hostsAliases(address: string, names: NameSources): Promise<readonly string[]> {
  const text = await names.hostsFile().catch(() => '');
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter(([first]) => first === address)
    .flatMap(([, ...rest]) => rest);
}
