import { type ReadConfigFile, readConfigFile } from './read-file.js';
import { isChroot, normalizeChroot } from './rules/zookeeper.js';
import type { ZooKeeperConfig } from './types.js';
import { parseConfigText } from './yaml/document.js';
import type { PlainMap, PlainValue } from './yaml/plain.js';
import { defaultPort, defaultSessionTimeoutSec, serverAddress } from './zookeeper-server.js';

export interface ZooKeeperSettingsOptions {
  readonly path: string;
  readonly securePath?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile?: ReadConfigFile;
}

/**
 * The ZooKeeper part of a configuration, for short commands: the schema and the drivers would take longer to load than
 * such a command takes to run. What else the files hold is not looked at, so that an operator can look around while they
 * have errors.
 *
 * @returns undefined whenever a file, or this part of it, is not plainly right: `loadConfig` then says what is wrong.
 */
export async function readZooKeeperSettings(options: ZooKeeperSettingsOptions): Promise<ZooKeeperConfig | undefined> {
  try {
    const main = await readPlain(options.path, options);
    const secure = options.securePath === undefined ? {} : await readPlain(options.securePath, options);
    // Both files are read in full: an error in one is an error, even where the other wins.
    const [ownServers, servers] = [secure, main].map((file) => readServers(file['zookeeper-servers']));
    const [ownTls, tls] = [secure, main].map((file) => readTls(file['zookeeper-tls']));
    return {
      ...(ownServers ?? servers ?? doubt()),
      sessionTimeoutMs: Math.round(readTimeoutSec(main) * 1000),
      tls: ownTls ?? tls,
    };
  } catch {
    // Whatever it is, the full loader meets it again and has the words for it.
    return undefined;
  }
}

function doubt(): never {
  throw new Error('not plainly right');
}

/** A file as plain values, its schema unknown. Throws when it cannot be read or is no mapping. */
export async function readPlain(
  path: string,
  { readFile = readConfigFile, env }: ZooKeeperSettingsOptions,
): Promise<PlainMap> {
  const { data, findings } = parseConfigText(path, (await readFile(path)).text, env);
  return findings.some(({ severity }) => severity === 'error') ? doubt() : data;
}

type Servers = Pick<ZooKeeperConfig, 'servers' | 'chroot'>;

/** Undefined when there are none. */
function readServers(value: PlainValue | undefined): Servers | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) return doubt();
  const servers = value.map(readServer);
  const [first] = servers;
  if (first === undefined) return undefined;
  if (servers.some(({ chroot }) => chroot !== first.chroot)) return doubt();
  return { servers: servers.map(({ address }) => address), chroot: first.chroot };
}

function readServer(value: PlainValue): { readonly address: string; readonly chroot: string } {
  const { host, port = defaultPort, chroot = '', ...others } = mapping(value);
  if (typeof host !== 'string' || host === '' || Object.keys(others).length > 0) return doubt();
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) return doubt();
  if (typeof chroot !== 'string' || !isChroot(chroot)) return doubt();
  return { address: serverAddress(host, port), chroot: normalizeChroot(chroot) };
}

/** Undefined when no certificates are named. */
function readTls(value: PlainValue | undefined): ZooKeeperConfig['tls'] {
  if (value === undefined || value === null) return undefined;
  const { cert, key, ca, ...others } = mapping(value);
  if (!isPath(cert) || !isPath(key) || !isPath(ca) || Object.keys(others).length > 0) return doubt();
  return { cert, key, ca };
}

function readTimeoutSec(main: PlainMap): number {
  const { 'zookeeper-timeout': seconds = defaultSessionTimeoutSec } = main;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? seconds : doubt();
}

function mapping(value: PlainValue): PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : doubt();
}

function isPath(value: PlainValue | undefined): value is string {
  return typeof value === 'string' && value !== '';
}
