import { openStackLikeKeys, toOpenStackLike } from '@nodepool/driver-api';
import { z } from 'zod';
import { formatFinding } from '../finding.js';
import { checkConfig, type LoadOptions } from '../load.js';
import type { ReadConfigFile } from '../read-file.js';
import type { ConfigDriver } from '../schema/providers.js';

export { aConfig, aDiskimage, type ConfigParts } from './fixtures.js';

/** A driver for tests of this package: the keys of OpenStack, except that neither cloud nor flavor is needed. */
export const tinyDriver: ConfigDriver = {
  name: 'tiny',
  configSchema: z
    .strictObject({
      ...openStackLikeKeys,
      driver: z.literal('tiny').meta({ description: 'Driver of the provider.' }),
      cloud: openStackLikeKeys.cloud.default('tiny'),
    })
    .transform(toOpenStackLike),
};

export interface Files extends Partial<Omit<LoadOptions, 'path' | 'securePath'>> {
  readonly main: string;
  readonly secure?: string;
}

/** Options that read `nodepool.yaml` and `secure.yaml` from memory. */
export function inMemory({ main, secure, ...options }: Files): LoadOptions {
  const texts = new Map([['nodepool.yaml', main]]);
  if (secure !== undefined) texts.set('secure.yaml', secure);
  const readFile: ReadConfigFile = async (path) => {
    const text = texts.get(path);
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return { text, version: '1' };
  };
  const securePath = secure === undefined ? undefined : 'secure.yaml';
  return { path: 'nodepool.yaml', securePath, drivers: [tinyDriver], env: {}, readFile, ...options };
}

/** What `checkConfig` finds, one line for each. */
export async function findingsOf(files: Files): Promise<readonly string[]> {
  return (await checkConfig(inMemory(files))).map(formatFinding);
}
