import type { UploadedImage } from '@nodepool/driver-api';
import { deadline, type Logger, nowSec } from '@nodepool/runtime';
import type { UploadKey } from '@nodepool/store';
import type { BuilderContext } from '../context.js';
import { bytesOnDisk } from '../files/build-files.js';
import { readChecksums } from '../files/checksums.js';
import { slotText } from '../records.js';
import { runHook } from './hook.js';
import { externalImageName, imageProperties } from './naming.js';
import type { StartedUpload, UploadOrder } from './order.js';

/** Sends the file of a build to the provider. */
export async function sendImage(
  context: BuilderContext,
  { images, diskimage, entry, provider, span }: StartedUpload,
  key: UploadKey,
  path: string,
  signal: AbortSignal,
  log: Logger,
): Promise<UploadedImage> {
  const bytesTotal = await bytesOnDisk(path);
  if (bytesTotal === undefined) throw new Error(`image file ${path} is missing or empty`);
  const { imageNameFormat, imageUploadTimeoutMs } = provider.config;
  const slot = slotText(key.image, key.buildId, key.provider);
  context.jobs.uploads.update(slot, { bytesTotal });
  using limit = deadline(context.clock, imageUploadTimeoutMs, signal);
  // Without `await` the deadline would end with this function, not with the upload.
  return await images.upload(
    {
      imageName: key.image,
      externalName: externalImageName(imageNameFormat, key, nowSec(context.clock)),
      path,
      format: images.format,
      ...(await readChecksums(path)),
      meta: imageProperties(diskimage, entry, key, await context.treeId.read()),
      config: entry,
    },
    {
      signal: limit.signal,
      log,
      span,
      onProgress: (bytesSent) => context.jobs.uploads.update(slot, { bytesSent }),
    },
  );
}

/** @throws NP_HOOK_FAILED unless the hook, where there is one, exits with 0. */
export async function runConfiguredHook(
  context: BuilderContext,
  { provider }: UploadOrder,
  key: UploadKey,
  { externalId }: UploadedImage,
  file: string,
  signal: AbortSignal,
  log: Logger,
): Promise<void> {
  const { postUploadHook: hook, imageUploadTimeoutMs: timeoutMs } = provider.config;
  if (hook !== undefined) await runHook(context, { hook, key, externalId, file, timeoutMs, log }, signal);
}
