import { normalizeChroot } from '../rules/zookeeper.js';
import type { ParsedFile } from '../schema/file.js';
import type { SecureFile } from '../schema/secure.js';
import type { ZooKeeperTls } from '../schema/zookeeper.js';
import type { ZooKeeperConfig } from '../types.js';

/** Servers and certificates, those of the secure file first. Source: docs/compatibility/interfaces.md section 6. */
export function resolveZooKeeper(file: ParsedFile, secure: SecureFile): ZooKeeperConfig {
  const servers = secure.zookeeperServers.length > 0 ? secure.zookeeperServers : file.zookeeperServers;
  return {
    servers: servers.map((server) => server.address),
    chroot: normalizeChroot(servers[0]?.chroot),
    sessionTimeoutMs: Math.round(file.zookeeperTimeoutSec * 1000),
    tls: completeTls(secure.zookeeperTls ?? file.zookeeperTls),
  };
}

function completeTls(tls: ZooKeeperTls | undefined): ZooKeeperConfig['tls'] {
  if (tls?.cert === undefined || tls.key === undefined || tls.ca === undefined) return undefined;
  return { cert: tls.cert, key: tls.key, ca: tls.ca };
}
