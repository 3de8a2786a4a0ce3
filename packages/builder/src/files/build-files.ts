import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '@nodepool/runtime';

/** Files of one build in images-dir. */
export interface LocalBuild {
  /** `<image>-<build id>`. */
  readonly build: string;
  readonly image: string;
  readonly buildId: string;
  /** Image formats that are there, sorted. */
  readonly formats: readonly string[];
  /** Everything that belongs to the build, checksums and manifests included. */
  readonly names: readonly string[];
}

const buildIdPattern = /^(?:[0-9a-f]{32}|\d{10})$/;
const filePattern = /^(?<image>.+)-(?<buildId>[0-9a-f]{32}|\d{10})\.(?<rest>.+)$/;

/** Both kinds of build id: those of today and the numbers of old releases. */
export function isBuildId(text: string): boolean {
  return buildIdPattern.test(text);
}

/** What images-dir holds, by build. Names that are not those of a build are somebody else's. */
export async function listLocalBuilds(imagesDir: string): Promise<ReadonlyMap<string, LocalBuild>> {
  return groupBuildFiles(await readdir(imagesDir));
}

/** Sorts file names into builds. */
export function groupBuildFiles(names: readonly string[]): ReadonlyMap<string, LocalBuild> {
  const builds = new Map<string, LocalBuild>();
  for (const name of [...names].sort()) {
    const { image, buildId, rest } = filePattern.exec(name)?.groups ?? {};
    if (image === undefined || buildId === undefined || rest === undefined) continue;
    const build = `${image}-${buildId}`;
    const known = builds.get(build) ?? { build, image, buildId, formats: [], names: [] };
    // `.d` holds manifests; two extensions are a checksum or something temporary.
    const isImage = rest !== 'd' && /^\w+$/.test(rest);
    builds.set(build, {
      ...known,
      formats: isImage ? [...known.formats, rest] : known.formats,
      names: [...known.names, name],
    });
  }
  return builds;
}

/** Removes all files of a build, whatever is left of them. */
export async function removeBuildFiles(imagesDir: string, build: string): Promise<void> {
  const local = (await listLocalBuilds(imagesDir)).get(build);
  for (const name of local?.names ?? []) await rm(join(imagesDir, name), { recursive: true, force: true });
}

/** Removes one format of a build and its checksums. */
export async function removeFormatFiles(imagesDir: string, build: string, format: string): Promise<void> {
  for (const extension of [format, `${format}.md5`, `${format}.sha256`]) {
    await rm(join(imagesDir, `${build}.${extension}`), { force: true });
  }
}

/** Bytes that a file takes on the disk, which holes make fewer than its length; undefined when it is missing or empty. */
export async function bytesOnDisk(path: string): Promise<number | undefined> {
  try {
    const { blocks, size } = await stat(path);
    return size === 0 ? undefined : blocks * 512;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
