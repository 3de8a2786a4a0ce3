import { isIP } from 'node:net';
import { z } from 'zod';
import { tokenScopes } from '../types.js';
import { key, plainName, port } from './keys.js';

/** Key `webapp` of the main file. */
export const Webapp = z
  .strictObject({
    port: key(port.default(8005), 'Port of the web server.'),
    listen_address: key(z.string().min(1).default('0.0.0.0'), 'Address the web server listens on.'),
    'read-access': key(
      z.enum(['open', 'token']).default('open'),
      'Who may read below /api/v1: everybody, or holders of a token. The endpoints of the original are open always.',
    ),
    tls: key(
      z
        .strictObject({
          cert: key(z.string().min(1), 'Path of the certificate with its chain, PEM. Read again when it changes.'),
          key: key(z.string().min(1), 'Path of the private key, PEM.'),
        })
        .nullish(),
      'Certificate of the web server; without it the server speaks plain HTTP.',
    ),
    'trusted-proxies': key(
      z.array(z.string().refine(isNetwork, 'not an IP address, with or without the length of its prefix')).nullish(),
      'Addresses or networks (`192.0.2.0/24`) of reverse proxies, whose `X-Forwarded-For` names the caller. Nobody is believed otherwise.',
    ),
    'reads-per-second': key(
      z.number().positive().default(100),
      'Reads below /api/v1 that one address may make, on average; five seconds of them at once.',
    ),
    'changes-per-second': key(
      z.number().positive().default(10),
      'Changes that one token may make, on average; six seconds of them at once.',
    ),
  })
  .transform((webapp) => ({
    port: webapp.port,
    listenAddress: webapp.listen_address,
    readAccess: webapp['read-access'],
    tls: webapp.tls ?? undefined,
    trustedProxies: webapp['trusted-proxies'] ?? [],
    readsPerSecond: webapp['reads-per-second'],
    changesPerSecond: webapp['changes-per-second'],
  }));

/** An address, or one with the length of its prefix. */
function isNetwork(text: string): boolean {
  const [address = '', length, ...rest] = text.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return rest.length === 0 && bits > 0 && (length === undefined || (/^\d+$/.test(length) && Number(length) <= bits));
}

export const defaultWebapp = {
  port: 8005,
  listenAddress: '0.0.0.0',
  readAccess: 'open' as const,
  tls: undefined,
  trustedProxies: [],
  readsPerSecond: 100,
  changesPerSecond: 10,
};

/** Key `webapp` of the secure file. */
export const SecureWebapp = z.object({
  tokens: key(
    z
      .array(
        z
          .strictObject({
            name: key(plainName.max(64), 'Who has the token; shown in the audit log and as the owner of leases.'),
            hash: key(
              z.string().regex(/^sha256:[0-9a-f]{64}$/, 'not a hash as "nodepool web-token NAME" prints it'),
              'Hash of the token, as `nodepool web-token NAME` prints it.',
            ),
            scopes: key(
              z.array(z.enum(tokenScopes)).min(1),
              'What it is good for: `read`, `lease`, `operate`, `admin`. Each lets read; `operate` includes `lease`, `admin` everything.',
            ),
            'max-leases': key(
              z.int().min(1).nullish(),
              'How many leases the token may have at once; unlimited when absent.',
            ),
            'max-machines': key(
              z.int().min(1).nullish(),
              'How many machines the leases of the token may have together; unlimited when absent.',
            ),
          })
          .transform(({ name, hash, scopes, 'max-leases': maxLeases, 'max-machines': maxMachines }) => ({
            name,
            sha256: hash.slice('sha256:'.length),
            scopes,
            ...(typeof maxLeases === 'number' && { maxLeases }),
            ...(typeof maxMachines === 'number' && { maxMachines }),
          })),
      )
      .refine((tokens) => new Set(tokens.map(({ name }) => name)).size === tokens.length, {
        error: 'two tokens have the same name',
        params: { remedy: 'give each its own: the audit log tells them apart by it' },
      })
      .nullish(),
    'Tokens for changes over the web API.',
  ),
});
