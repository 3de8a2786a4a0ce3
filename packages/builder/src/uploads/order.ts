import type { DiskimageConfig } from '@nodepool/config';
import type { ImageStore, Provider, ProviderDiskimage } from '@nodepool/driver-api';
import type { ImageBuild, ImageUpload } from '@nodepool/model';
import type { Span } from '@nodepool/runtime';
import type { ImageProvider } from '../image-providers.js';

/** What is uploaded where, as read under the lock. */
export interface UploadOrder {
  readonly build: ImageBuild;
  readonly diskimage: DiskimageConfig;
  readonly provider: ImageProvider;
  readonly cloud: Provider;
  readonly images: ImageStore;
  readonly entry: ProviderDiskimage;
  /** Records that an earlier upload left when its builder died. */
  readonly abandoned: readonly ImageUpload[];
}

/** An upload that has begun. */
export interface StartedUpload extends UploadOrder {
  /** What is done of it is a part of this. */
  readonly span: Span;
}
