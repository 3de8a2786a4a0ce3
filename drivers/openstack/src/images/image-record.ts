import { type ImageUploadSpec, ProviderError } from '@nodepool/driver-api';
import type { JsonObject, JsonValue } from '@nodepool/model';
import type { CloudProfile } from '../session/types.js';

/** Where openstacksdk keeps checksums and origin, so that both programs recognise each other's images. */
export const originKeys = {
  md5: 'owner_specified.openstack.md5',
  sha256: 'owner_specified.openstack.sha256',
  object: 'owner_specified.openstack.object',
} as const;

/** Container that images go through where they are imported from the object store; openstacksdk's default. */
export const imageContainer = 'images';

/** Attributes that are numbers; everything else that a configuration sets is a text. */
const integerKeys: ReadonlySet<string> = new Set(['min_disk', 'min_ram', 'size', 'virtual_size']);

/**
 * The record of an image to create: attributes and properties in one object, converted as openstacksdk does, because
 * configurations were written for it.
 *
 * @throws ProviderError `misconfigured` when a value cannot be what its key demands.
 */
export function imageRecord(spec: ImageUploadSpec, profile: Pick<CloudProfile, 'disableVendorAgent'>): JsonObject {
  const configured: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries({ ...spec.meta, ...profile.disableVendorAgent })) {
    if (key !== 'is_public') configured[key] = converted(key, value);
  }
  return {
    visibility: spec.meta['is_public']?.toLowerCase() === 'true' ? 'public' : 'private',
    container_format: 'bare',
    ...configured,
    name: spec.externalName,
    disk_format: spec.format,
    [originKeys.md5]: spec.md5 ?? '',
    [originKeys.sha256]: spec.sha256 ?? '',
    [originKeys.object]: `${imageContainer}/${spec.externalName}`,
  };
}

function converted(key: string, value: string): JsonValue {
  if (integerKeys.has(key)) return integer(key, value);
  if (key === 'protected' || key === 'is_protected') return value.toLowerCase() === 'true';
  if (key === 'tags') return value.split(/[\s,]+/).filter((tag) => tag !== '');
  return value;
}

function integer(key: string, value: string): number {
  if (/^\d+$/.test(value)) return Number(value);
  throw new ProviderError(
    'misconfigured',
    `image property ${key} must be a whole number, not ${JSON.stringify(value)}`,
  );
}

/**
 * What sets the record of an image that exists already. `add` replaces what is there. Source: Image API v2, "Update
 * image"; RFC 6902.
 */
export function recordPatch(record: JsonObject): JsonValue {
  return Object.entries(record).map(([key, value]) => ({
    op: 'add',
    path: `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    value: value ?? null,
  }));
}
