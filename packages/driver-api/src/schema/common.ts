import { z } from 'zod';
import { imageGateSetting } from './image-gate.js';
import { formatText, jsonValue, port, scalarText, seconds, text } from './values.js';

/** Keys of a provider whatever its driver; `driver` itself is the driver's, as a literal. */
export const providerKeys = {
  name: text.meta({ description: 'Name of the provider; unique.' }),
  'max-concurrency': z
    .int()
    .default(-1)
    .meta({ description: 'Launches in parallel over all pools. Negative is unlimited; 0 stops all request handling.' }),
  priority: z
    .int()
    .optional()
    .meta({ description: 'Priority of the pools that have none of their own; lower is preferred.' }),
};

/**
 * Keys of a provider that launches instances.
 *
 * @param defaults seconds after which the host check gives up, which differ by driver.
 */
export function launchKeys(defaults: { readonly bootTimeoutSec: number }) {
  return {
    'boot-timeout': seconds
      .default(defaults.bootTimeoutSec)
      .meta({ description: 'Seconds that the host check waits for a new instance to be reachable.' }),
    'launch-timeout': seconds
      .default(3600)
      .meta({ description: 'Seconds for one attempt to launch, from its start to the end of the host check.' }),
    'launch-retries': z
      .int()
      .nonnegative()
      .default(3)
      .meta({ description: 'Attempts in all to launch one node; 0 acts as 1.' }),
  };
}

/** Keys of a provider that takes images. */
export const imageUploadKeys = {
  'image-upload-timeout': seconds.default(3600).meta({ description: 'Seconds that one upload may take.' }),
  'image-name-format': formatText(['image_name', 'upload_id', 'timestamp'])
    .default('{image_name}-{timestamp}')
    .meta({ description: 'Name of an upload in the cloud: {image_name}, {upload_id}, {timestamp}.' }),
  'post-upload-hook': text
    .optional()
    .meta({ description: 'Path of a program that runs after an upload and before the image is used.' }),
};

/** Keys of a pool whatever the driver. */
export const poolKeys = {
  name: text.meta({ description: 'Name of the pool; unique in the provider.' }),
  'max-servers': z
    .int()
    .optional()
    .meta({ description: 'Most nodes of the pool; unlimited when absent, 0 or less disables the pool.' }),
  'node-attributes': z
    .record(z.string(), jsonValue)
    .nullish()
    .meta({ description: 'Attributes stored with every node of the pool.' }),
  priority: z
    .int()
    .optional()
    .meta({ description: 'Priority of the pool, lower is preferred; that of the provider, or 100, when absent.' }),
};

/** Maxima of a pool over its nodes, besides `max-servers`. */
export const poolLimitKeys = {
  'max-cores': z.int().optional().meta({ description: 'Most cores of all nodes of the pool; unlimited when absent.' }),
  'max-ram': z
    .int()
    .optional()
    .meta({ description: 'Most memory of all nodes of the pool, MiB; unlimited when absent.' }),
};

/** Keys of a label whatever the driver; add those of {@link labelImageKeys} where there are images. */
export const labelKeys = {
  name: text.meta({ description: 'Name of the label; it must stand in the top-level labels.' }),
  'host-key-checking': z.boolean().optional().meta({
    description: "Whether a new node is contacted and its host keys are read; the pool's setting when absent.",
  }),
  'console-log': z
    .boolean()
    .default(false)
    .meta({ description: 'Write the console of an instance to the log when its launch has failed.' }),
};

/** Where a label gets its image; see {@link requireOneImage}. */
export const labelImageKeys = {
  diskimage: text.optional().meta({ description: 'Diskimage to launch; excludes cloud-image.' }),
  'cloud-image': text
    .optional()
    .meta({ description: "Entry of the provider's cloud-images to launch; excludes diskimage." }),
};

/** How clients talk to the nodes of an image. */
const connectionKeys = {
  'connection-type': text
    .default('ssh')
    .meta({ description: 'How clients connect: ssh, winrm, network_cli or another word that they know.' }),
  'connection-port': port
    .optional()
    .meta({ description: 'Port that clients connect to; 22 when absent, 5986 for winrm.' }),
};

const configDriveKey = {
  'config-drive': z
    .boolean()
    .optional()
    .meta({ description: "Attach a configuration drive; the cloud's default when absent." }),
};

/** Keys of an entry of a provider's `diskimages`. */
export const providerDiskimageKeys = {
  name: text.meta({ description: 'Name of a diskimage of the top level, which this provider is to have.' }),
  pause: z.boolean().default(false).meta({ description: 'No uploads of this image to this provider.' }),
  paused: z.boolean().optional().meta({ description: 'Alias of pause; any true of the two pauses.' }),
  meta: z
    .record(z.string(), scalarText)
    .default({})
    .meta({ description: 'Image properties, over those of the diskimage.' }),
  validate: imageGateSetting.optional().meta({
    description: 'Machine to boot before an upload is used here, instead of that of the diskimage; false for none.',
  }),
  ...configDriveKey,
  ...connectionKeys,
};

/** Keys of an entry of a provider's `cloud-images`; see {@link refuseTwoImageNames}. */
export const cloudImageKeys = {
  name: text.meta({
    description: 'Name by which labels refer to the image; its name in the cloud when no other is given.',
  }),
  'image-id': text.optional().meta({ description: 'Id of the image in the cloud; excludes image-name.' }),
  'image-name': text.optional().meta({ description: 'Name of the image in the cloud; excludes image-id.' }),
  username: text.nullable().default(null).meta({ description: 'User that clients log in as.' }),
  'python-path': text.default('auto').meta({ description: 'Path of Python on the node, for Ansible.' }),
  'shell-type': text.nullable().default(null).meta({ description: 'Type of the shell on the node, for Ansible.' }),
  ...configDriveKey,
  ...connectionKeys,
};
