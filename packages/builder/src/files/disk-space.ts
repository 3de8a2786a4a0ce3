import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOnDisk, listLocalBuilds } from './build-files.js';
import { notedBytes, type SpaceKey } from './space-note.js';

/** What a build needs of images-dir. */
export interface SpaceNeed extends SpaceKey {
  /** What the operator wants to be left. */
  readonly minFreeMiB: number;
}

/**
 * Why a build should not be begun: there is less space than the operator wants to be left, than its largest build there
 * takes, or than its last one took while it was made. Undefined when there is enough.
 */
export async function spaceShortage(need: SpaceNeed): Promise<string | undefined> {
  const { imagesDir, image } = need;
  const reasons = [
    { bytes: need.minFreeMiB * 2 ** 20, why: 'images-dir-min-free' },
    { bytes: await largestBuildBytes(imagesDir, image), why: 'what an earlier build takes' },
    { bytes: await notedBytes(need), why: 'what the last build took while it was made' },
  ];
  const most = reasons.reduce((worst, reason) => (reason.bytes > worst.bytes ? reason : worst));
  const free = await freeBytes(imagesDir);
  if (free >= most.bytes) return undefined;
  const [has, needs] = [mebibytes(free), mebibytes(most.bytes)];
  return `not enough space in images-dir ${imagesDir}: ${has} MiB free, ${needs} MiB needed (${most.why})`;
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}

/** Bytes that may still be written to the file system of images-dir. */
async function freeBytes(imagesDir: string): Promise<number> {
  const { bavail, bsize } = await statfs(imagesDir);
  return bavail * bsize;
}

/** Bytes that the largest build of an image in images-dir takes. */
async function largestBuildBytes(imagesDir: string, image: string): Promise<number> {
  const builds = [...(await listLocalBuilds(imagesDir)).values()].filter((local) => local.image === image);
  const sizes = await Promise.all(
    builds.map(async ({ build, formats }) => {
      const bytes = await Promise.all(formats.map((format) => bytesOnDisk(join(imagesDir, `${build}.${format}`))));
      return bytes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
    }),
  );
  return Math.max(0, ...sizes);
}
