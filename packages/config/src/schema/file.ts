import { z } from 'zod';
import { defaultSessionTimeoutSec } from '../zookeeper-server.js';
import { Diskimage } from './diskimage.js';
import { key } from './keys.js';
import { Label } from './label.js';
import { type ConfigDriver, providerSchemas } from './providers.js';
import { TenantLimits } from './tenant.js';
import { defaultWebapp, Webapp } from './webapp.js';
import { ZooKeeperServer, ZooKeeperTls } from './zookeeper.js';

const BuildLogServer = z
  .strictObject({
    'listen-address': key(
      z.string().min(1).default('127.0.0.1'),
      'Address on which the builder shows build logs to `nodepool image-log`. There is no login: open it to trusted networks only.',
    ),
    port: key(z.int().min(0).max(65_535).default(0), 'Port for it; 0 lets the system choose.'),
    url: key(
      z.url({ protocol: /^https?$/, error: 'not an address that begins with http:// or https://' }).optional(),
      'Address under which others reach it, where that differs.',
    ),
  })
  .transform((server) => ({ listenAddress: server['listen-address'], port: server.port, url: server.url }));

const defaultBuildLogServer = { listenAddress: '127.0.0.1', port: 0, url: undefined };

/** Default of `build-log-dir`. */
export const defaultBuildLogDir = '/var/log/nodepool/builds';

/**
 * Schema of the whole file, in the file's own spelling; the output is what the resolver starts from.
 *
 * Source: docs/compatibility/config.md section 2.
 */
export function buildConfigSchema(drivers: readonly ConfigDriver[]) {
  return fileSchema(providerSchemas(drivers).entry);
}

/** The file with any schema for the entries of `providers`. A section without a value counts as missing. */
export function fileSchema<Provider extends z.ZodType>(provider: Provider) {
  return z
    .strictObject({
      webapp: key(Webapp.nullish(), 'Web server of the launcher.'),
      'elements-dir': key(z.string().optional(), 'Directories with elements for builds: ELEMENTS_PATH.'),
      'images-dir': key(z.string().optional(), 'Directory in which the builder keeps image files. Builders need it.'),
      'images-dir-min-free': key(
        z.int().min(0).default(128),
        'Space that must be free in images-dir before a build begins, MiB; more when an earlier build of the image took more.',
      ),
      'build-log-server': key(
        BuildLogServer.nullish(),
        'Server of the builder for logs of builds as they are written.',
      ),
      'build-log-dir': key(z.string().default(defaultBuildLogDir), 'Directory for the logs of builds.'),
      'build-log-retention': key(z.int().default(7), 'Old logs kept for each image; negative keeps all, 0 acts as 1.'),
      'zookeeper-servers': key(z.array(ZooKeeperServer).nullish(), 'The ZooKeeper ensemble.'),
      'zookeeper-tls': key(ZooKeeperTls.nullish(), 'Certificates for ZooKeeper; without them connections are plain.'),
      'zookeeper-timeout': key(
        z.number().positive().default(defaultSessionTimeoutSec),
        'Session timeout of ZooKeeper, seconds.',
      ),
      labels: key(z.array(Label).nullish(), 'Labels that pools may offer, and how many nodes of each to keep ready.'),
      diskimages: key(z.array(Diskimage).nullish(), 'Images that the builder makes.'),
      providers: key(z.array(provider).nullish(), 'Accounts in clouds.'),
      'max-hold-age': key(z.int().default(0), 'Seconds that a held node may live; 0 and less set no limit.'),
      'tenant-resource-limits': key(z.array(TenantLimits).nullish(), 'What each tenant may use at once.'),
    })
    .transform((file) => ({
      webapp: file.webapp ?? defaultWebapp,
      elementsDir: file['elements-dir'],
      imagesDir: file['images-dir'],
      imagesDirMinFreeMiB: file['images-dir-min-free'],
      buildLogServer: file['build-log-server'] ?? defaultBuildLogServer,
      buildLogDir: file['build-log-dir'],
      buildLogRetention: file['build-log-retention'],
      zookeeperServers: file['zookeeper-servers'] ?? [],
      zookeeperTls: file['zookeeper-tls'] ?? undefined,
      zookeeperTimeoutSec: file['zookeeper-timeout'],
      labels: file.labels ?? [],
      diskimages: file.diskimages ?? [],
      providers: file.providers ?? [],
      maxHoldAgeSec: Math.max(0, file['max-hold-age']),
      tenantLimits: file['tenant-resource-limits'] ?? [],
    }));
}

export type ParsedFile = z.output<ReturnType<typeof buildConfigSchema>>;
