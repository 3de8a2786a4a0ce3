import { z } from 'zod';
import { defaultPort, serverAddress } from '../zookeeper-server.js';
import { key, port } from './keys.js';

/** One entry of `zookeeper-servers`. Source: docs/compatibility/config.md section 2. */
export const ZooKeeperServer = z
  .strictObject({
    host: key(z.string().min(1), 'Host name or address of the server.'),
    port: key(port.default(defaultPort), 'Port of the server.'),
    chroot: key(
      z.string().default(''),
      'Path under which everything of Nodepool is kept, such as `/nodepool-test`. All servers must have the same.',
    ),
  })
  .transform(({ host, port: serverPort, chroot }) => ({ address: serverAddress(host, serverPort), chroot }));

export type ZooKeeperServer = z.output<typeof ZooKeeperServer>;

/** Paths of PEM files. That all three are there is checked once the secure file was read. */
export const ZooKeeperTls = z.strictObject({
  cert: key(z.string().min(1).optional(), 'Path of the client certificate, PEM. Needed.'),
  key: key(z.string().min(1).optional(), 'Path of the private key of the certificate, PEM. Needed.'),
  ca: key(z.string().min(1).optional(), 'Path of the certificates that the servers are trusted by, PEM. Needed.'),
});

export type ZooKeeperTls = z.output<typeof ZooKeeperTls>;
