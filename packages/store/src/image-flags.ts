import { isZooKeeperError } from '@nodepool/zookeeper';
import { StoreError } from './errors.js';
import { throughLosses } from './losses.js';
import { buildPath, buildsPath, imageLockPath, imagePath, isZnodeName, pausePath, requestBuildPath } from './paths.js';
import { childNames, ifPresent, mapBounded } from './records.js';
import type { ImageStore } from './types.js';
import type { Writer } from './writer.js';

type ImageFlags = Pick<
  ImageStore,
  'isPaused' | 'setPaused' | 'buildRequestedAtMs' | 'buildRequestState' | 'requestBuild' | 'removeBuildRequest'
>;

const noData = Buffer.alloc(0);

/** What is told by the presence of a znode. Source: docs/compatibility/zookeeper.md section 6.3. */
export function openImageFlags(writer: Writer): ImageFlags {
  const { zk } = writer;
  const stat = (path: string) => throughLosses(zk, () => zk.exists(path));
  const requestedAtMs = async (image: string): Promise<number | undefined> =>
    isZnodeName(image) ? (await stat(requestBuildPath(image)))?.ctimeMs : undefined;

  return {
    isPaused: async (image) => isZnodeName(image) && (await stat(pausePath(image))) !== undefined,
    setPaused: async (image, paused) => {
      if (!isZnodeName(image) || (await stat(imagePath(image))) === undefined) {
        throw new StoreError('NP_RECORD_GONE', `${paused ? 'pausing' : 'unpausing'} image ${image}`);
      }
      if (paused) await createFlag(writer, imagePath(image), 'pause');
      else await ifPresent(throughLosses(zk, () => writer.zk.delete(pausePath(image))));
    },
    buildRequestedAtMs: requestedAtMs,
    buildRequestState: async (image) => {
      if ((await requestedAtMs(image)) === undefined) return undefined;
      const lock = await stat(imageLockPath(image));
      if (lock === undefined || lock.numChildren === 0) return 'pending';
      const newest = await newestBuildMs(writer, image);
      return newest !== undefined && newest >= lock.ctimeMs ? 'building' : 'pending';
    },
    requestBuild: (image) => createFlag(writer, imagePath(image), 'request-build'),
    removeBuildRequest: async (image) => {
      await ifPresent(throughLosses(zk, () => writer.zk.delete(requestBuildPath(image))));
    },
  };
}

/** A flag that is set already is fine. */
async function createFlag(writer: Writer, directory: string, name: string): Promise<void> {
  try {
    await throughLosses(writer.zk, () => writer.createIn(directory, name, noData));
  } catch (error) {
    if (!isZooKeeperError(error, 'ZK_NODE_EXISTS')) throw error;
  }
}

async function newestBuildMs({ zk }: Writer, image: string): Promise<number | undefined> {
  const ids = await childNames(zk, buildsPath(image));
  const stats = await mapBounded(ids, (buildId) => throughLosses(zk, () => zk.exists(buildPath({ image, buildId }))));
  const times = stats.flatMap((found) => (found === undefined ? [] : [found.ctimeMs]));
  return times.length === 0 ? undefined : Math.max(...times);
}
