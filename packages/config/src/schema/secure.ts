import { Secret } from '@nodepool/runtime';
import { z } from 'zod';
import { key, plainName } from './keys.js';
import { SecureWebapp } from './webapp.js';
import { ZooKeeperServer, ZooKeeperTls } from './zookeeper.js';

/** The secure file; keys that it does not use are ignored. Source: docs/compatibility/interfaces.md section 6. */
export const SecureFile = z
  .object({
    'zookeeper-servers': key(z.array(ZooKeeperServer).nullish(), 'Replaces the list of the main file unless empty.'),
    'zookeeper-tls': key(ZooKeeperTls.nullish(), 'Replaces that of the main file unless empty.'),
    diskimages: key(
      z
        .array(
          z.object({
            name: key(plainName, 'Name of a diskimage of the main file that is not abstract.'),
            'env-vars': key(z.record(z.string(), z.string()), "Variables that win over the image's own."),
          }),
        )
        .nullish(),
      'Secret variables for builds.',
    ),
    webapp: key(SecureWebapp.nullish(), 'Tokens of the web API.'),
  })
  .transform((file) => ({
    zookeeperServers: file['zookeeper-servers'] ?? [],
    zookeeperTls:
      Object.keys(file['zookeeper-tls'] ?? {}).length > 0 ? (file['zookeeper-tls'] ?? undefined) : undefined,
    diskimages: (file.diskimages ?? []).map((image) => ({
      name: image.name,
      secretEnvVars: secretsOf(image['env-vars']),
    })),
    webTokens: file.webapp?.tokens ?? [],
  }));

function secretsOf(texts: Readonly<Record<string, string>>): Readonly<Record<string, Secret>> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, new Secret(text)]));
}

export type SecureFile = z.output<typeof SecureFile>;
