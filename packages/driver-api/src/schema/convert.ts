import type { JsonObject, Resources } from '@nodepool/model';
import type { z } from 'zod';
import type { CloudImage, ConnectionConfig, ProviderDiskimage } from '../config.js';
import type { cloudImageKeys, providerDiskimageKeys } from './common.js';

// From the file's keys and units to those of `config.ts`.

type Output<Keys extends z.core.$ZodLooseShape> = z.output<z.ZodObject<Keys, z.core.$strict>>;

/** Priority of pools for which neither they nor their provider say one. */
const defaultPriority = 100;

/** The port that clients use when none is configured. */
const winrmPort = 5986;

/** The vector of a pool's maxima, keyed as quota vectors are; an absent maximum stays absent. */
export function toLimits(maxima: {
  readonly 'max-servers'?: number | undefined;
  readonly 'max-cores'?: number | undefined;
  readonly 'max-ram'?: number | undefined;
  readonly 'max-volumes'?: number | undefined;
  readonly 'max-volume-gb'?: number | undefined;
}): Resources {
  const entries: readonly (readonly [string, number | undefined])[] = [
    ['instances', maxima['max-servers']],
    ['cores', maxima['max-cores']],
    ['ram', maxima['max-ram']],
    ['volumes', maxima['max-volumes']],
    ['volume-gb', maxima['max-volume-gb']],
  ];
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, number] => entry[1] !== undefined));
}

/** The keys of a pool that every driver has. */
export function toPoolBasics(
  pool: {
    readonly name: string;
    readonly priority?: number | undefined;
    readonly 'node-attributes'?: JsonObject | null | undefined;
  },
  provider: { readonly priority?: number | undefined },
): { readonly name: string; readonly priority: number; readonly nodeAttributes: JsonObject | null } {
  return {
    name: pool.name,
    priority: pool.priority ?? provider.priority ?? defaultPriority,
    nodeAttributes: pool['node-attributes'] ?? null,
  };
}

export function toProviderDiskimage(image: Output<typeof providerDiskimageKeys>): ProviderDiskimage {
  return {
    name: image.name,
    pause: image.pause || image.paused === true,
    meta: image.meta,
    configDrive: image['config-drive'],
    ...(image.validate === undefined ? {} : { validate: image.validate }),
    ...toConnection(image),
  };
}

export function toCloudImage(image: Output<typeof cloudImageKeys>): CloudImage {
  return {
    name: image.name,
    imageId: image['image-id'],
    imageName: image['image-name'],
    username: image.username,
    pythonPath: image['python-path'],
    shellType: image['shell-type'],
    configDrive: image['config-drive'],
    ...toConnection(image),
  };
}

function toConnection(keys: {
  readonly 'connection-type': string;
  readonly 'connection-port'?: number | undefined;
}): ConnectionConfig {
  const usual = keys['connection-type'] === 'winrm' ? winrmPort : 22;
  return { connectionType: keys['connection-type'], connectionPort: keys['connection-port'] ?? usual };
}
