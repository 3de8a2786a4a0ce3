import { access, mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CloudImageListing,
  type ImageStore,
  type ImageUploadSpec,
  type LaunchImage,
  type ProviderDeps,
  ProviderError,
} from '@nodepool/driver-api';
import { type Clock, errorCode } from '@nodepool/runtime';
import { z } from 'zod';
import type { ImageFormat, QemuProviderConfig } from './config.js';
import { translated } from './errors.js';
import { createFolder, isId, layoutOf, listFolders, readJson, removeFolder } from './files.js';
import { placeFile } from './place-file.js';

const ImageRecord = z.object({
  name: z.string(),
  format: z.enum(['qcow2', 'raw']),
  tags: z.record(z.string(), z.string()),
});
type ImageRecord = z.infer<typeof ImageRecord>;

const recordName = 'image.json';

/** What a machine is booted from. */
export interface BaseImage {
  readonly path: string;
  readonly format: ImageFormat;
  readonly configDrive: boolean;
}

/**
 * The file behind the image of a launch.
 *
 * @throws ProviderError `misconfigured` when a cloud image is not there, `launch-failed` when an upload is gone.
 */
export async function findImage(image: LaunchImage, config: QemuProviderConfig): Promise<BaseImage> {
  const configDrive = image.config.configDrive !== false;
  if (image.kind === 'cloud-image') {
    const found = config.cloudImages.find(({ name }) => name === image.config.name);
    if (found !== undefined && (await exists(found.path)))
      return { path: found.path, format: found.format, configDrive };
    const what = found === undefined ? image.config.name : found.path;
    throw new ProviderError('misconfigured', `cloud-images: ${what} does not exist`);
  }
  const folder = isId(image.externalId) ? join(layoutOf(config.stateDir).images, image.externalId) : undefined;
  const record = folder === undefined ? undefined : await readRecord(folder);
  if (folder === undefined || record === undefined) {
    throw new ProviderError('launch-failed', `the image ${image.externalId} is gone`);
  }
  return { path: diskPath(folder, record.format), format: record.format, configDrive };
}

/** Images are folders of the state folder, each with a file and its description. */
export function imageStore(config: QemuProviderConfig, deps: ProviderDeps): ImageStore {
  const { images } = layoutOf(config.stateDir);
  return {
    format: config.imageFormat,
    upload: (spec, ctx) =>
      translated(`taking over ${spec.path}`, ctx.signal, async () => {
        const externalId = deps.random.hexId();
        const folder = join(images, externalId);
        await mkdir(images, { recursive: true });
        const record: ImageRecord = { name: spec.externalName, format: checkedFormat(spec.format), tags: spec.meta };
        await createFolder(folder, recordName, record, deps.random.hexId());
        try {
          await checkContent(spec);
          const disk = diskPath(folder, record.format);
          await placeFile(spec, `${disk}.part`, ctx.signal, ctx.onProgress);
          // Under its own name only when it is whole and right.
          await rename(`${disk}.part`, disk);
        } catch (error) {
          await removeFolder(folder, deps.random.hexId());
          throw error;
        }
        return { externalId, externalName: spec.externalName };
      }),
    remove: (externalId, { signal }) =>
      translated(`removing image ${externalId}`, signal, async () => {
        // Machines that run from it keep the file open; the space comes back with the last of them.
        const removed = isId(externalId) && (await removeFolder(join(images, externalId), deps.random.hexId()));
        if (!removed) throw new ProviderError('not-found', `there is no image ${externalId}`);
      }),
    list: ({ signal }) => translated('listing images', signal, () => listImages(images, deps.clock)),
    hasCloudImage: (image, { signal }) =>
      translated(`looking for image ${image.name}`, signal, async () => {
        const path = config.cloudImages.find(({ name }) => name === image.name)?.path;
        return path !== undefined && (await exists(path));
      }),
  };
}

async function listImages(images: string, clock: Clock): Promise<readonly CloudImageListing[]> {
  const ids = await listFolders(images, clock);
  const listings = await Promise.all(
    ids.map(async (externalId) => {
      const record = await readRecord(join(images, externalId));
      return record === undefined ? [] : [{ externalId, name: record.name, tags: record.tags }];
    }),
  );
  return listings.flat();
}

async function readRecord(folder: string): Promise<ImageRecord | undefined> {
  const json = await readJson(join(folder, recordName)).catch((error: unknown) => {
    if (errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  });
  return json === undefined ? undefined : ImageRecord.parse(json);
}

function diskPath(folder: string, format: ImageFormat): string {
  return join(folder, `disk.${format}`);
}

function checkedFormat(format: string): ImageFormat {
  if (format === 'qcow2' || format === 'raw') return format;
  throw new ProviderError('misconfigured', `images of format ${format} cannot be booted here: use qcow2 or raw`);
}

/** A file that is not what it is called would only show when a machine fails to boot. */
async function checkContent(spec: ImageUploadSpec): Promise<void> {
  await using file = await open(spec.path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
  const isQcow2 = bytesRead === 4 && buffer.readUInt32BE() === 0x514649fb;
  if (isQcow2 === (spec.format === 'qcow2')) return;
  throw new ProviderError('misconfigured', `${spec.path} is not of the format ${spec.format}`);
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
