import type { ParsedFile } from '../schema/file.js';
import type { SecureFile } from '../schema/secure.js';
import type { Config } from '../types.js';
import { resolveDiskimages } from './diskimages.js';
import { resolveZooKeeper } from './zookeeper.js';

/** Makes the configuration that the daemons use of two files in which no error was found. */
export function resolveConfig(file: ParsedFile, secure: SecureFile): Config {
  return {
    webapp: { ...file.webapp, tokens: secure.webTokens },
    elementsDir: file.elementsDir || undefined,
    imagesDir: file.imagesDir || undefined,
    imagesDirMinFreeMiB: file.imagesDirMinFreeMiB,
    buildLogServer: file.buildLogServer,
    buildLogDir: file.buildLogDir,
    buildLogRetention: file.buildLogRetention,
    zookeeper: resolveZooKeeper(file, secure),
    labels: new Map(file.labels.map((label) => [label.name, label])),
    diskimages: resolveDiskimages(file.diskimages, secure.diskimages),
    providers: new Map(
      file.providers.flatMap((provider) =>
        provider.kind === 'available' ? [[provider.config.name, provider.config] as const] : [],
      ),
    ),
    unavailableProviders: file.providers.flatMap((provider) =>
      provider.kind === 'unavailable'
        ? [
            {
              name: provider.name,
              driver: provider.driver,
              reason: `the driver "${provider.driver}" is not available in this release`,
            },
          ]
        : [],
    ),
    maxHoldAgeSec: file.maxHoldAgeSec,
    tenantLimits: new Map(file.tenantLimits.map(({ tenant, limits }) => [tenant, limits])),
  };
}
