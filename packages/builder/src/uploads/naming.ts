import type { DiskimageConfig } from '@nodepool/config';
import { type ProviderDiskimage, tagKeys } from '@nodepool/driver-api';
import type { UploadKey } from '@nodepool/store';

/** Name of an image in the cloud. Source: docs/compatibility/builder.md section 5. */
export function externalImageName(format: string, { image, uploadId }: UploadKey, timestampSec: number): string {
  const values: Readonly<Record<string, string>> = {
    image_name: image,
    upload_id: uploadId,
    timestamp: String(Math.floor(timestampSec)),
  };
  return format.replaceAll(/\{(\w+)\}/g, (text, name: string) => values[name] ?? text);
}

/** Properties of an image in the cloud; ours come last, because by them an image is found again. */
export function imageProperties(
  diskimage: DiskimageConfig,
  entry: ProviderDiskimage,
  key: UploadKey,
  treeId: string,
): Readonly<Record<string, string>> {
  return {
    ...diskimage.metadata,
    ...entry.meta,
    [tagKeys.buildId]: key.buildId,
    [tagKeys.uploadId]: key.uploadId,
    [tagKeys.providerName]: key.provider,
    [tagKeys.treeId]: treeId,
  };
}
