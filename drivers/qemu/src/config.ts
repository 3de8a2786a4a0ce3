import type { CloudImage, PoolConfig, PoolLabel, ProviderConfig } from '@nodepool/driver-api';
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
  refuseTwoImageNames,
  requestFormatMap,
  requireOneImage,
  seconds,
  text,
  textMap,
  toCloudImage,
  toLimits,
  toPoolBasics,
  toProviderDiskimage,
} from '@nodepool/driver-api';
import type { Resources } from '@nodepool/model';
import { z } from 'zod';

export type ImageFormat = 'qcow2' | 'raw';

/** What the configuration asks for; `auto` tries KVM once. */
export type AcceleratorChoice = 'auto' | 'kvm' | 'tcg';

export interface QemuLabel extends PoolLabel {
  readonly memoryMiB: number;
  readonly cores: number;
  /** Size of the root disk; the image's own when undefined. */
  readonly volumeSizeGiB: number | undefined;
  readonly userdata: string | undefined;
}

export interface QemuPool extends PoolConfig {
  readonly labels: readonly QemuLabel[];
}

export interface QemuCloudImage extends CloudImage {
  readonly path: string;
  readonly format: ImageFormat;
}

export interface QemuProviderConfig extends ProviderConfig {
  readonly stateDir: string;
  readonly imageFormat: ImageFormat;
  readonly accelerator: AcceleratorChoice;
  /** How long a trial of KVM may take; 0 trusts KVM untried. */
  readonly kvmProbeMs: number;
  /** Undefined is user-mode networking with a forwarded port. */
  readonly bridge: { readonly name: string; readonly leaseFile: string | undefined } | undefined;
  /** User-mode networking only: nothing but the forwarded port passes. */
  readonly restrictNetwork: boolean;
  /** Public keys, or the path of a file of them. */
  readonly authorizedKeys: readonly string[] | string;
  readonly quota: Resources;
  readonly cloudImages: readonly QemuCloudImage[];
  readonly pools: readonly QemuPool[];
}

const absolutePath = text.regex(/^\//, 'must be an absolute path');
const imageFormat = z.enum(['qcow2', 'raw']);

const Quota = z.strictObject({
  instances: z.int().nonnegative().optional().meta({ description: 'Most instances; unlimited when absent.' }),
  cores: z.int().nonnegative().optional().meta({ description: 'Most cores of all instances; unlimited when absent.' }),
  ram: z
    .int()
    .nonnegative()
    .optional()
    .meta({ description: 'Most memory of all instances, MiB; unlimited when absent.' }),
});

const CloudImageEntry = z
  .strictObject({
    ...cloudImageKeys,
    'image-id': text.optional().meta({ description: 'Path of the image file; excludes image-name.' }),
    'image-name': text.optional().meta({ description: 'The same as image-id; excludes it.' }),
    'image-format': imageFormat
      .optional()
      .meta({ description: "Format of the image file; the provider's image-format when absent." }),
  })
  .superRefine(refuseTwoImageNames)
  .superRefine((image, ctx) => {
    if (cloudImagePath(image).startsWith('/')) return;
    ctx.addIssue({ code: 'custom', path: ['image-id'], message: 'must be the absolute path of the image file' });
  });

const Label = z
  .strictObject({
    ...labelKeys,
    ...labelImageKeys,
    memory: z.int().min(16).default(512).meta({ description: 'Memory of the machine, MiB.' }),
    cores: z.int().positive().default(1).meta({ description: 'Processor cores of the machine.' }),
    'volume-size': z
      .int()
      .positive()
      .optional()
      .meta({ description: "Size of the root disk, GiB, if larger than the image's; the image must grow by itself." }),
    userdata: z.string().optional().meta({ description: 'User data on the configuration drive.' }),
    'instance-properties': textMap.default({}).meta({ description: 'Metadata on the configuration drive.' }),
    'dynamic-instance-properties': requestFormatMap
      .default({})
      .meta({ description: 'Metadata, format strings with {request.<attribute>}.' }),
  })
  .superRefine(requireOneImage);

const Pool = z.strictObject({
  ...poolKeys,
  ...poolLimitKeys,
  'host-key-checking': z
    .boolean()
    .default(true)
    .meta({ description: 'Whether a new node is contacted and its host keys are read.' }),
  labels: z.array(Label).default([]).meta({ description: 'Labels that the pool serves.' }),
});

const Keys = z.strictObject({
  driver: z.literal('qemu').meta({ description: 'The driver: qemu.' }),
  ...providerKeys,
  // A machine without KVM takes ten times as long as one with it.
  ...launchKeys({ bootTimeoutSec: 180 }),
  ...imageUploadKeys,
  'state-dir': absolutePath.meta({
    description: 'Folder for images and machines; made when missing. Hard links need the file system of images-dir.',
  }),
  'image-format': imageFormat.default('qcow2').meta({ description: 'Format of the images: qcow2 or raw.' }),
  accelerator: z
    .enum(['auto', 'kvm', 'tcg'])
    .default('auto')
    .meta({ description: 'kvm, tcg (slow, works everywhere), or auto: KVM where a trial shows that it works.' }),
  'kvm-probe': seconds
    .default(5)
    .meta({ description: 'Seconds that the trial of KVM may take under auto; 0 trusts KVM untried.' }),
  'authorized-keys': z
    .union([absolutePath, z.array(text)])
    .default([])
    .meta({ description: 'Public SSH keys for the machines: a list, or the path of a file with one key a line.' }),
  quota: Quota.default({}).meta({ description: 'What all instances together may use of this machine.' }),
  bridge: z
    .string()
    .regex(/^[\w.-]{1,15}$/, 'not the name of a network interface')
    .optional()
    .meta({ description: 'Bridge to attach machines to; without it they share the host address by a forwarded port.' }),
  'bridge-leases': absolutePath
    .optional()
    .meta({ description: 'Lease file of the dnsmasq that serves the bridge; else the neighbour table is used.' }),
  'restrict-network': z
    .boolean()
    .default(false)
    .meta({ description: 'Without a bridge: machines reach nothing, only their forwarded port can be reached.' }),
  diskimages: z
    .array(z.strictObject(providerDiskimageKeys))
    .default([])
    .meta({ description: 'Diskimages that this provider is to have.' }),
  'cloud-images': z.array(CloudImageEntry).default([]).meta({ description: 'Image files that are there already.' }),
  pools: z.array(Pool).default([]).meta({ description: 'Pools of nodes.' }),
});

/** Schema of a provider with `driver: qemu`. */
export const configSchema = Keys.superRefine(checkNetwork).transform(toConfig);

function checkNetwork(keys: z.output<typeof Keys>, ctx: z.core.$RefinementCtx): void {
  if (keys.bridge === undefined && keys['bridge-leases'] !== undefined) {
    ctx.addIssue({ code: 'custom', path: ['bridge-leases'], message: 'bridge-leases needs bridge' });
  }
  if (keys.bridge !== undefined && keys['restrict-network']) {
    ctx.addIssue({ code: 'custom', path: ['restrict-network'], message: 'restrict-network does not work on a bridge' });
  }
}

function cloudImagePath(image: {
  readonly name: string;
  readonly 'image-id'?: string | undefined;
  readonly 'image-name'?: string | undefined;
}): string {
  return image['image-id'] ?? image['image-name'] ?? image.name;
}

function toConfig(keys: z.output<typeof Keys>): QemuProviderConfig {
  return {
    name: keys.name,
    driver: keys.driver,
    maxConcurrency: keys['max-concurrency'],
    priority: keys.priority,
    callIntervalMs: 0,
    bootTimeoutMs: keys['boot-timeout'] * 1000,
    launchTimeoutMs: keys['launch-timeout'] * 1000,
    launchRetries: Math.max(1, keys['launch-retries']),
    imageUploadTimeoutMs: keys['image-upload-timeout'] * 1000,
    imageNameFormat: keys['image-name-format'],
    postUploadHook: keys['post-upload-hook'],
    stateDir: keys['state-dir'].replace(/(?<=.)\/+$/, ''),
    imageFormat: keys['image-format'],
    accelerator: keys.accelerator,
    kvmProbeMs: keys['kvm-probe'] * 1000,
    bridge: keys.bridge === undefined ? undefined : { name: keys.bridge, leaseFile: keys['bridge-leases'] },
    restrictNetwork: keys['restrict-network'],
    authorizedKeys: keys['authorized-keys'],
    quota: toQuota(keys.quota),
    diskimages: keys.diskimages.map(toProviderDiskimage),
    cloudImages: keys['cloud-images'].map((image) => ({
      ...toCloudImage(image),
      path: cloudImagePath(image),
      format: image['image-format'] ?? keys['image-format'],
    })),
    pools: keys.pools.map((pool) => toPool(pool, keys)),
  };
}

function toQuota(quota: z.output<typeof Quota>): Resources {
  return toLimits({ 'max-servers': quota.instances, 'max-cores': quota.cores, 'max-ram': quota.ram });
}

function toPool(pool: z.output<typeof Pool>, provider: { readonly priority?: number | undefined }): QemuPool {
  return {
    ...toPoolBasics(pool, provider),
    limits: toLimits(pool),
    ignoreProviderQuota: false,
    availabilityZones: [],
    useInternalIp: false,
    labels: pool.labels.map((label) => ({
      name: label.name,
      diskimage: label.diskimage,
      cloudImage: label['cloud-image'],
      hostKeyChecking: label['host-key-checking'] ?? pool['host-key-checking'],
      consoleLog: label['console-log'],
      instanceProperties: label['instance-properties'],
      dynamicInstanceProperties: label['dynamic-instance-properties'],
      memoryMiB: label.memory,
      cores: label.cores,
      volumeSizeGiB: label['volume-size'],
      userdata: label.userdata,
    })),
  };
}
