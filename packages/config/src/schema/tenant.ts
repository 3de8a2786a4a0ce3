import { z } from 'zod';
import { key, plainName } from './keys.js';

const resourceNames: Readonly<Record<string, string>> = {
  'max-servers': 'instances',
  'max-cores': 'cores',
  'max-ram': 'ram',
  'max-volumes': 'volumes',
  'max-volume-gb': 'volume-gb',
};

const limit = z.int().min(0);

/** One entry of `tenant-resource-limits`. Source: docs/compatibility/config.md section 2. */
export const TenantLimits = z
  .object({
    'tenant-name': key(plainName, 'Name of the tenant, as requests give it.'),
    'max-servers': key(limit.optional(), 'Most instances at once; no limit when missing.'),
    'max-cores': key(limit.optional(), 'Most cores at once; no limit when missing.'),
    'max-ram': key(limit.optional(), 'Most memory at once, MiB; no limit when missing.'),
    'max-volumes': key(limit.optional(), 'Most volumes at once; no limit when missing.'),
    'max-volume-gb': key(limit.optional(), 'Most volume space at once, GB; no limit when missing.'),
  })
  .catchall(limit.meta({ description: 'Limit of another resource, under the name that the driver gives it.' }))
  .transform(({ 'tenant-name': tenant, ...limits }) => ({
    tenant,
    limits: Object.fromEntries(
      Object.entries(limits).flatMap(([name, amount]) =>
        amount === undefined ? [] : [[resourceNames[name] ?? name, amount] as const],
      ),
    ),
  }));

export type TenantLimits = z.output<typeof TenantLimits>;
