import {
  type OpenStackLikeLabel,
  type OpenStackLikePool,
  type OpenStackLikeProvider,
  openStackLikeKeys,
  ProviderError,
  toOpenStackLike,
} from '@nodepool/driver-api';
import { z } from 'zod';
import type { ImageSettings } from './images/settings.js';

/** Schema of a provider with `driver: openstack`. Source: docs/compatibility/config.md section 6. */
export const configSchema = z
  .strictObject({
    driver: z.literal('openstack').meta({ description: 'The driver: openstack, also when the key is absent.' }),
    ...openStackLikeKeys,
    'clean-images': z.boolean().default(false).meta({
      description: 'Delete images that an earlier upload of this provider has made and that no record knows.',
    }),
    'image-import-method': z.enum(['glance-direct', 'web-download']).optional().meta({
      description:
        'Import images this way; when absent, their data are sent directly, or staged where that is refused.',
    }),
    'image-import-url': z
      .url({ protocol: /^https?$/ })
      .optional()
      .meta({ description: 'Where the cloud finds the images-dir of the builder, for web-download.' }),
  })
  .superRefine((keys, ctx) => {
    if (keys['image-import-method'] !== 'web-download' || keys['image-import-url'] !== undefined) return;
    ctx.addIssue({ code: 'custom', path: ['image-import-url'], message: 'is required by web-download' });
  })
  .transform(
    (keys): OpenStackProviderConfig => ({
      ...toOpenStackLike(keys),
      cleanImages: keys['clean-images'],
      imageImportMethod: keys['image-import-method'],
      imageImportUrl: keys['image-import-url'],
    }),
  );

export interface OpenStackProviderConfig extends OpenStackLikeProvider, ImageSettings {}

/** The core hands labels on by the part of their configuration that all drivers share; ours has more. */
export function findLabel(config: OpenStackProviderConfig, poolName: string, labelName: string): OpenStackLikeLabel {
  const label = findPool(config, poolName)?.labels.find(({ name }) => name === labelName);
  if (label !== undefined) return label;
  throw new ProviderError('misconfigured', `provider ${config.name} has no label ${labelName} in pool ${poolName}`);
}

export function findPool(config: OpenStackProviderConfig, poolName: string): OpenStackLikePool | undefined {
  return config.pools.find(({ name }) => name === poolName);
}
