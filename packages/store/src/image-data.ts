import { isZooKeeperError } from '@nodepool/zookeeper';
import { StoreError } from './errors.js';
import { throughLosses } from './losses.js';
import { baseName, isZnodeName, parseImagePath, roots } from './paths.js';
import { childNames, ifPresent, mapBounded } from './records.js';
import type { ImageStore } from './types.js';
import type { Writer } from './writer.js';

/** Data of image records by path, as `export-image-data` writes it. Source: docs/compatibility/zookeeper.md section 6.4. */
export type ImageDataMap = Readonly<Record<string, string>>;

export interface ImageData {
  /** Pause flags, builds and uploads; no locks, no requests. */
  export(): Promise<ImageDataMap>;
  /**
   * Puts everything back, over what is there. Meant for a system whose daemons are stopped.
   *
   * @returns paths that were written, sorted.
   * @throws NP_IMAGE_DATA when the data hold a path that no export contains; nothing is written then.
   */
  import(data: ImageDataMap): Promise<readonly string[]>;
}

/** Writes under way at once. */
const writesAtOnce = 64;

export function openImageData(writer: Writer, images: ImageStore): ImageData {
  return {
    export: () => exportData(writer, images),
    import: async (data) => {
      assertImageData(data);
      const paths = Object.keys(data).sort();
      const uploads = paths.filter((path) => parseImagePath(path)?.kind === 'upload');
      const putAll = (some: readonly string[]): Promise<unknown> =>
        mapBounded(some, (path) => put(writer, path, data[path] ?? ''), writesAtOnce);
      // Builds first: what watches never sees an upload whose build is missing.
      await putAll(paths.filter((path) => !uploads.includes(path)));
      await passNumbers(writer, uploads);
      await putAll(uploads);
      return paths;
    },
  };
}

/** Every number up to the one restored takes a request; a directory of uploads never comes near this. */
const highestNumber = 100_000;

/** @throws NP_IMAGE_DATA unless every path is that of a pause flag, a build or an upload. */
export function assertImageData(data: ImageDataMap): void {
  const stranger = Object.keys(data).find((path) => !isExported(path));
  if (stranger !== undefined) throw new StoreError('NP_IMAGE_DATA', `importing ${stranger}`);
}

function isExported(path: string): boolean {
  if (!path.split('/').slice(1).every(isZnodeName)) return false;
  const place = parseImagePath(path);
  if (place?.kind === 'upload') return /^\d{10}$/.test(place.uploadId) && Number(place.uploadId) <= highestNumber;
  return place?.kind === 'pause' || place?.kind === 'build';
}

async function exportData(writer: Writer, images: ImageStore): Promise<ImageDataMap> {
  const names = await images.images();
  const found = await mapBounded(names, (image) => pathsOf(writer, image));
  const entries = await mapBounded(found.flat(), async (path): Promise<readonly [string, string] | undefined> => {
    const read = await ifPresent(throughLosses(writer.zk, () => writer.zk.get(path)));
    return read === undefined ? undefined : [path, read.data.toString('utf8')];
  });
  return Object.fromEntries(entries.filter((entry) => entry !== undefined));
}

async function pathsOf({ zk }: Writer, image: string): Promise<readonly string[]> {
  const below = `${roots.images}/${image}`;
  const builds = (await childNames(zk, `${below}/builds`)).map((id) => `${below}/builds/${id}`);
  const uploads = await mapBounded(builds, async (build) => {
    const providers = await childNames(zk, `${build}/providers`);
    const lists = await mapBounded(providers, async (provider) => {
      const directory = `${build}/providers/${provider}/images`;
      return (await childNames(zk, directory)).map((id) => `${directory}/${id}`);
    });
    return [build, ...lists.flat()];
  });
  const flags = (await childNames(zk, below)).includes('pause') ? [`${below}/pause`] : [];
  return [...flags, ...uploads.flat()];
}

/** Makes and removes children of each directory of uploads until the server's counter has passed the highest number. */
async function passNumbers({ zk }: Writer, uploads: readonly string[]): Promise<void> {
  const highest = new Map<string, number>();
  for (const path of uploads) {
    const directory = path.slice(0, path.lastIndexOf('/'));
    highest.set(directory, Math.max(highest.get(directory) ?? 0, Number(baseName(path))));
  }
  await mapBounded(
    [...highest],
    async ([directory, number]) => {
      await throughLosses(zk, () => zk.ensurePath(directory));
      for (let reached = -1; reached < number; ) {
        const { path } = await throughLosses(zk, () =>
          zk.create(`${directory}/`, Buffer.alloc(0), { mode: 'persistent-sequential' }),
        );
        await ifPresent(throughLosses(zk, () => zk.delete(path)));
        reached = Number(baseName(path));
      }
    },
    writesAtOnce,
  );
}

async function put(writer: Writer, path: string, text: string): Promise<void> {
  const data = Buffer.from(text);
  const cut = path.lastIndexOf('/');
  await throughLosses(writer.zk, async () => {
    try {
      await writer.createIn(path.slice(0, cut), path.slice(cut + 1), data);
    } catch (error) {
      if (!isZooKeeperError(error, 'ZK_NODE_EXISTS')) throw error;
      await writer.zk.set(path, data);
    }
  });
}
