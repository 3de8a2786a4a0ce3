import { imageUploadKeys, labelImageKeys, poolKeys, providerKeys, requestFormatMap } from '@nodepool/driver-api';
import { z } from 'zod';
import { key, plainName } from './keys.js';

const Label = z.looseObject({
  name: key(plainName, 'Name of the label; it must stand in the top-level labels.'),
  ...labelImageKeys,
  'dynamic-instance-properties': key(requestFormatMap.optional(), 'Format strings with {request.<attribute>}.'),
});

const Pool = z.looseObject({
  ...poolKeys,
  labels: key(z.array(Label).optional(), 'Labels that the pool serves.'),
});

const ProviderDiskimage = z.looseObject({
  name: key(plainName, 'Name of a diskimage of the top level, which this provider is to have.'),
  pause: key(z.boolean().default(false), 'No uploads of this image to this provider.'),
  paused: key(z.boolean().optional(), 'Alias of pause; any true of the two pauses.', false),
});

const CloudImage = z.looseObject({ name: key(plainName, 'Name by which labels refer to the image.') });

/** The part of a provider that every driver shares. Source: docs/compatibility/config.md section 5. */
export const commonProviderKeys = {
  ...providerKeys,
  driver: key(z.string().default('openstack'), 'Kind of cloud.'),
  'image-name-format': imageUploadKeys['image-name-format'],
  diskimages: key(z.array(ProviderDiskimage).optional(), 'Diskimages to upload to this provider.'),
  'cloud-images': key(z.array(CloudImage).optional(), 'Images that the cloud has of its own.'),
  pools: key(z.array(Pool).optional(), 'Pools of nodes.'),
};

/** For entries whose driver is not part of this release: their other keys pass unread. */
export const CommonProvider = z.looseObject(commonProviderKeys).transform(({ name, driver }) => ({ name, driver }));
