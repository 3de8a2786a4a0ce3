import { z } from 'zod';
import type { PoolConfig, PoolLabel, ProviderConfig } from '../config.js';
import { refuseTwoImageNames, requireFlavor, requireOneImage } from './checks.js';
import {
  cloudImageKeys,
  imageUploadKeys,
  labelImageKeys,
  labelKeys,
  launchKeys,
  poolKeys,
  poolLimitKeys,
  providerDiskimageKeys,
  providerKeys,
} from './common.js';
import { toCloudImage, toLimits, toPoolBasics, toProviderDiskimage } from './convert.js';
import { numberOrText, requestFormatMap, seconds, text, textMap } from './values.js';

// The configuration of clouds that are configured as OpenStack is. Source: docs/compatibility/config.md section 6.

export interface OpenStackLikeLabel extends PoolLabel {
  /** MiB; 0 when flavor-name alone decides. */
  readonly minRamMiB: number;
  /** Exact name or id, or part of a name when `minRamMiB` is set. */
  readonly flavorName: string | undefined;
  readonly keyName: string | undefined;
  readonly bootFromVolume: boolean;
  readonly volumeSizeGb: number;
  readonly userdata: string | undefined;
  /** Names or ids. */
  readonly networks: readonly string[];
}

export interface OpenStackLikePool extends PoolConfig {
  readonly securityGroups: readonly string[];
  readonly autoFloatingIp: boolean;
  readonly labels: readonly OpenStackLikeLabel[];
}

export interface OpenStackLikeProvider extends ProviderConfig {
  /** Entry of clouds.yaml. */
  readonly cloud: string;
  readonly regionName: string | undefined;
  readonly cleanFloatingIps: boolean;
  /** 0 is off. */
  readonly portCleanupIntervalMs: number;
  readonly pools: readonly OpenStackLikePool[];
}

const Label = z
  .strictObject({
    ...labelKeys,
    ...labelImageKeys,
    'min-ram': z
      .int()
      .nonnegative()
      .optional()
      .meta({ description: 'Least memory, MiB: the smallest flavor that has it is used, then the first by name.' }),
    'flavor-name': text
      .nullish()
      .meta({ description: 'Name or id of the flavor; with min-ram, a part of the names to choose from.' }),
    'key-name': text.nullish().meta({ description: 'Key pair of the cloud to put on the instance.' }),
    'boot-from-volume': z.boolean().default(false).meta({ description: 'Boot from a volume made of the image.' }),
    'volume-size': z.int().positive().default(50).meta({ description: 'Size of the boot volume, GB.' }),
    'instance-properties': textMap.default({}).meta({ description: 'Metadata of the instance.' }),
    'dynamic-instance-properties': requestFormatMap
      .default({})
      .meta({ description: 'Metadata of the instance, format strings with {request.<attribute>}.' }),
    userdata: z.string().nullish().meta({ description: 'User data of the instance.' }),
    networks: z
      .array(text)
      .optional()
      .meta({ description: "Networks to attach, names or ids; the pool's when absent." }),
  })
  .superRefine(requireOneImage)
  .superRefine(requireFlavor);

const Pool = z.strictObject({
  ...poolKeys,
  ...poolLimitKeys,
  'max-volumes': z.int().optional().meta({ description: 'Most volumes of the pool; unlimited when absent.' }),
  'max-volume-gb': z
    .int()
    .optional()
    .meta({ description: 'Most GB of all volumes of the pool; unlimited when absent.' }),
  'ignore-provider-quota': z
    .boolean()
    .default(false)
    .meta({ description: "Leave the cloud's quota out of account: only the maxima of the pool count." }),
  'availability-zones': z
    .array(text)
    .default([])
    .meta({ description: 'Zones to use, one chosen at random for each request; all when absent.' }),
  networks: z.array(text).default([]).meta({ description: 'Networks to attach, names or ids.' }),
  'security-groups': z.array(text).default([]).meta({ description: 'Security groups, names or ids.' }),
  'auto-floating-ip': z
    .boolean()
    .default(true)
    .meta({ description: 'Give an instance a floating IP address when it has no public one.' }),
  'host-key-checking': z
    .boolean()
    .default(true)
    .meta({ description: 'Whether a new node is contacted and its host keys are read.' }),
  labels: z.array(Label).default([]).meta({ description: 'Labels that the pool serves.' }),
});

/** Keys of a provider that is configured as OpenStack is; a driver adds `driver` and keys of its own. */
export const openStackLikeKeys = {
  ...providerKeys,
  ...launchKeys({ bootTimeoutSec: 60 }),
  ...imageUploadKeys,
  cloud: text.meta({ description: 'Entry of clouds.yaml.' }),
  'region-name': text.optional().meta({ description: 'Region of the cloud.' }),
  rate: numberOrText
    .default(1)
    .refine((value) => value >= 0, 'must not be negative')
    .meta({ description: 'Least seconds between two API calls; 0 is unlimited.' }),
  'clean-floating-ips': z
    .boolean()
    .default(false)
    .meta({ description: 'Delete floating IP addresses that nothing uses. The project must be used by nobody else.' }),
  'port-cleanup-interval': seconds
    .default(600)
    .meta({ description: 'Seconds for which a port must be down before it is deleted as leaked; 0 is off.' }),
  'nodepool-id': z.string().optional().meta({ description: 'Accepted and ignored; written by old releases.' }),
  diskimages: z
    .array(z.strictObject(providerDiskimageKeys))
    .default([])
    .meta({ description: 'Diskimages to upload to this provider.' }),
  'cloud-images': z
    .array(z.strictObject(cloudImageKeys).superRefine(refuseTwoImageNames))
    .default([])
    .meta({ description: 'Images that the cloud has of its own.' }),
  pools: z.array(Pool).default([]).meta({ description: 'Pools of nodes.' }),
};

type Keys = z.output<z.ZodObject<typeof openStackLikeKeys, z.core.$strict>>;

/** What the keys mean, in the names and units of the code. */
export function toOpenStackLike(keys: Keys & { readonly driver: string }): OpenStackLikeProvider {
  return {
    name: keys.name,
    driver: keys.driver,
    maxConcurrency: keys['max-concurrency'],
    priority: keys.priority,
    callIntervalMs: keys.rate * 1000,
    bootTimeoutMs: keys['boot-timeout'] * 1000,
    launchTimeoutMs: keys['launch-timeout'] * 1000,
    launchRetries: Math.max(1, keys['launch-retries']),
    imageUploadTimeoutMs: keys['image-upload-timeout'] * 1000,
    imageNameFormat: keys['image-name-format'],
    postUploadHook: keys['post-upload-hook'],
    diskimages: keys.diskimages.map(toProviderDiskimage),
    cloudImages: keys['cloud-images'].map(toCloudImage),
    cloud: keys.cloud,
    regionName: keys['region-name'],
    cleanFloatingIps: keys['clean-floating-ips'],
    portCleanupIntervalMs: keys['port-cleanup-interval'] * 1000,
    pools: keys.pools.map((pool) => toPool(pool, keys)),
  };
}

function toPool(pool: z.output<typeof Pool>, provider: Keys): OpenStackLikePool {
  return {
    ...toPoolBasics(pool, provider),
    limits: toLimits(pool),
    ignoreProviderQuota: pool['ignore-provider-quota'],
    availabilityZones: pool['availability-zones'],
    useInternalIp: false,
    securityGroups: pool['security-groups'],
    autoFloatingIp: pool['auto-floating-ip'],
    labels: pool.labels.map((label) => toLabel(label, pool)),
  };
}

function toLabel(label: z.output<typeof Label>, pool: z.output<typeof Pool>): OpenStackLikeLabel {
  return {
    name: label.name,
    diskimage: label.diskimage,
    cloudImage: label['cloud-image'],
    hostKeyChecking: label['host-key-checking'] ?? pool['host-key-checking'],
    consoleLog: label['console-log'],
    instanceProperties: label['instance-properties'],
    dynamicInstanceProperties: label['dynamic-instance-properties'],
    minRamMiB: label['min-ram'] ?? 0,
    flavorName: label['flavor-name'] ?? undefined,
    keyName: label['key-name'] ?? undefined,
    bootFromVolume: label['boot-from-volume'],
    volumeSizeGb: label['volume-size'],
    userdata: label.userdata ?? undefined,
    networks: label.networks ?? pool.networks,
  };
}
