import type { Config } from '@nodepool/config';
import { parseBuildName } from '@nodepool/model';
import { errorCode } from '@nodepool/runtime';
import type { UploadKey } from '@nodepool/store';
import { OperationError } from './errors.js';
import { type OperatorContext, tellHistory } from './operator-context.js';

/**
 * Whether builders would build an image at all.
 *
 * @throws OperationError NP_IMAGE_NOT_BUILDABLE.
 */
export function assertBuildable({ diskimages }: Pick<Config, 'diskimages'>, image: string): void {
  const diskimage = diskimages.get(image);
  if (diskimage !== undefined && !diskimage.pause) return;
  // The words of the original. Source: docs/compatibility/interfaces.md section 2.1.
  throw new OperationError(
    'NP_IMAGE_NOT_BUILDABLE',
    diskimage === undefined
      ? `Trying to build a non disk-image-builder image: ${image}`
      : `Skipping build request for image ${image}; paused`,
  );
}

/**
 * Asks the builders for a build.
 *
 * @throws OperationError NP_IMAGE_NOT_BUILDABLE.
 */
export async function requestBuild(
  context: OperatorContext,
  config: Pick<Config, 'diskimages'>,
  image: string,
): Promise<void> {
  assertBuildable(config, image);
  await context.store.images.requestBuild(image);
  await tellHistory(context, 'build-requested', { image });
}

/** Stops builds of an image. @throws OperationError NP_IMAGE_UNKNOWN. */
export async function pauseImage(context: OperatorContext, image: string): Promise<void> {
  await setPaused(context, image, true);
  await tellHistory(context, 'paused', { image });
}

/** Ends {@link pauseImage}. @throws OperationError NP_IMAGE_UNKNOWN. */
export async function unpauseImage(context: OperatorContext, image: string): Promise<void> {
  await setPaused(context, image, false);
  await tellHistory(context, 'resumed', { image });
}

/** Ends what a rollback has begun: the image is built and uploaded everywhere again. @throws OperationError NP_IMAGE_UNKNOWN. */
export async function resumeImage(context: OperatorContext, image: string): Promise<void> {
  await setPaused(context, image, false);
  await context.store.images.removeHeldBack(image);
  await tellHistory(context, 'resumed', { image });
}

/**
 * Has a build deleted, its uploads first.
 *
 * @param name `<image>-<build id>`.
 * @throws OperationError NP_BUILD_UNKNOWN, NP_IN_PROGRESS, NP_LOCKED.
 */
export async function deleteBuild(context: OperatorContext, name: string): Promise<void> {
  const { images } = context.store;
  const key = parseBuildName(name);
  const build = key === undefined ? undefined : await images.build(key);
  if (key === undefined || build === undefined) throw unknownBuild(name);
  if (build.record.state === 'building') throw new OperationError('NP_IN_PROGRESS', `build ${name} is under way`);
  if (!(await images.markBuildDeleting(key))) {
    if ((await images.build(key)) === undefined) throw unknownBuild(name);
    throw new OperationError('NP_LOCKED', `build ${name} is locked by a builder; try again`);
  }
  await tellHistory(context, 'build-deleted', key);
}

/**
 * Has an upload deleted from its provider.
 *
 * @throws OperationError NP_UPLOAD_UNKNOWN, NP_IN_PROGRESS, NP_LOCKED.
 */
export async function deleteUpload(context: OperatorContext, key: UploadKey): Promise<void> {
  const { images } = context.store;
  const upload = await images.upload(key);
  if (upload === undefined) throw unknownUpload(key);
  if (upload.record.state === 'uploading') {
    throw new OperationError('NP_IN_PROGRESS', `${uploadText(key)} is under way`);
  }
  if (!(await images.markUploadDeleting(key))) {
    if ((await images.upload(key)) === undefined) throw unknownUpload(key);
    throw new OperationError('NP_LOCKED', `${uploadText(key)} is locked by a builder; try again`);
  }
  await tellHistory(context, 'upload-deleted', key);
}

async function setPaused({ store }: OperatorContext, image: string, paused: boolean): Promise<void> {
  try {
    await store.images.setPaused(image, paused);
  } catch (error) {
    if (errorCode(error) !== 'NP_RECORD_GONE') throw error;
    throw new OperationError(
      'NP_IMAGE_UNKNOWN',
      `image ${image} was never built; "pause: true" in the configuration keeps it from being built`,
      { cause: error },
    );
  }
}

function unknownBuild(name: string): OperationError {
  return new OperationError('NP_BUILD_UNKNOWN', `build ${name} not found`);
}

function unknownUpload(key: UploadKey): OperationError {
  return new OperationError('NP_UPLOAD_UNKNOWN', `${uploadText(key)} not found`);
}

function uploadText({ image, buildId, provider, uploadId }: UploadKey): string {
  return `upload ${uploadId} of ${image}-${buildId} to ${provider}`;
}
