import { ZooKeeperError } from '../errors.js';
import { checkPath } from '../paths.js';

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** Where the servers are, and beneath which znode the client lives: '' for the root. */
export interface ServerList {
  readonly servers: readonly ServerAddress[];
  readonly chroot: string;
}

const defaultPort = 2181;

/**
 * Reads `host:port,[2001:db8::1]:port/chroot`. A port may be left out.
 *
 * @throws ZooKeeperError `ZK_BAD_ARGUMENTS`, naming what cannot be read.
 */
export function parseConnectString(text: string): ServerList {
  const slash = text.indexOf('/');
  const hosts = slash < 0 ? text : text.slice(0, slash);
  const chroot = slash < 0 ? '' : text.slice(slash).replace(/\/$/, '');
  if (chroot !== '') checkPath(chroot);
  const servers = hosts
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseServer);
  if (servers.length === 0) {
    throw new ZooKeeperError('ZK_BAD_ARGUMENTS', { detail: `no server in the connect string "${text}"` });
  }
  return { servers, chroot };
}

function parseServer(part: string): ServerAddress {
  const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(part);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new ZooKeeperError('ZK_BAD_ARGUMENTS', { detail: `not a server address: "${part}"` });
  }
  return { host, port };
}
