import { type ImageBuild, type ImageUpload, newestFirst } from '@nodepool/model';
import type { UploadKey } from '@nodepool/store';

/** Everything that ZooKeeper holds of one image. */
export interface ImageRecords {
  readonly image: string;
  readonly builds: readonly ImageBuild[];
  readonly uploads: readonly ImageUpload[];
}

/** The build that is uploaded and that decides when the next one is due. */
export function newestReadyBuild(builds: Iterable<ImageBuild>): ImageBuild | undefined {
  return newestFirst([...builds].filter(({ state }) => state === 'ready'))[0];
}

export function uploadKey(upload: ImageUpload): UploadKey {
  return { image: upload.image, buildId: upload.buildId, provider: upload.provider, uploadId: upload.id };
}

/** One text for one upload. */
export function uploadKeyText({ image, buildId, provider, uploadId }: UploadKey): string {
  return `${image}-${buildId}/${provider}/${uploadId}`;
}

/** One text for the uploads of one build to one provider, of which one at a time is under way. */
export function slotText(image: string, buildId: string, provider: string): string {
  return `${image}-${buildId}/${provider}`;
}
