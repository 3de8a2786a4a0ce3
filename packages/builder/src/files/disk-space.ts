import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOnDisk, listLocalBuilds } from './build-files.js';

/** Bytes that may still be written to the file system of images-dir. */
export async function freeBytes(imagesDir: string): Promise<number> {
  const { bavail, bsize } = await statfs(imagesDir);
  return bavail * bsize;
}

/** Bytes that the largest build of an image in images-dir takes: the best guess at what the next one will. */
export async function largestBuildBytes(imagesDir: string, image: string): Promise<number> {
  const builds = [...(await listLocalBuilds(imagesDir)).values()].filter((local) => local.image === image);
  const sizes = await Promise.all(
    builds.map(async ({ build, formats }) => {
      const bytes = await Promise.all(formats.map((format) => bytesOnDisk(join(imagesDir, `${build}.${format}`))));
      return bytes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
    }),
  );
  return Math.max(0, ...sizes);
}
