import {
  type OpenStackLikeLabel,
  type OpenStackLikePool,
  type OpenStackLikeProvider,
  openStackLikeKeys,
  ProviderError,
  toOpenStackLike,
} from '@nodepool/driver-api';
import { z } from 'zod';

/** Schema of a provider with `driver: openstack`. Source: docs/compatibility/config.md section 6. */
export const configSchema = z
  .strictObject({
    driver: z.literal('openstack').meta({ description: 'The driver: openstack, also when the key is absent.' }),
    ...openStackLikeKeys,
  })
  .transform((keys): OpenStackProviderConfig => toOpenStackLike(keys));

export type OpenStackProviderConfig = OpenStackLikeProvider;

/** The core hands labels on by the part of their configuration that all drivers share; ours has more. */
export function findLabel(config: OpenStackProviderConfig, poolName: string, labelName: string): OpenStackLikeLabel {
  const label = findPool(config, poolName)?.labels.find(({ name }) => name === labelName);
  if (label !== undefined) return label;
  throw new ProviderError('misconfigured', `provider ${config.name} has no label ${labelName} in pool ${poolName}`);
}

export function findPool(config: OpenStackProviderConfig, poolName: string): OpenStackLikePool | undefined {
  return config.pools.find(({ name }) => name === poolName);
}
