import { isZooKeeperError } from '@nodepool/zookeeper';
import { StoreError } from './errors.js';
import { throughLosses } from './losses.js';
import { heldBackName, heldBackPath, imagePath, isZnodeName } from './paths.js';
import { ifPresent } from './records.js';
import type { HeldBack, ImageStore } from './types.js';
import type { Writer } from './writer.js';

type HeldBackStore = Pick<ImageStore, 'heldBack' | 'holdBack' | 'removeHeldBack'>;

/** Builds taken back from single providers: one znode for each image, `{"<provider>": ["<build id>", …]}`. */
export function openHeldBack(writer: Writer): HeldBackStore {
  const { zk } = writer;
  return {
    heldBack: async (image) => {
      const found = isZnodeName(image)
        ? await ifPresent(throughLosses(zk, () => zk.get(heldBackPath(image))))
        : undefined;
      return found === undefined ? new Map() : parseHeldBack(found.data);
    },
    holdBack: async ({ image, buildId, provider }) => {
      if (isZnodeName(image)) await untilWritten(() => add(writer, image, buildId, provider));
    },
    removeHeldBack: async (image) => {
      if (isZnodeName(image)) await ifPresent(throughLosses(zk, () => zk.delete(heldBackPath(image))));
    },
  };
}

/** What is not understood holds nothing back. */
export function parseHeldBack(data: Uint8Array): HeldBack {
  try {
    const value: unknown = JSON.parse(Buffer.from(data).toString());
    if (typeof value !== 'object' || value === null) return new Map();
    return new Map(Object.entries(value).map(([provider, builds]) => [provider, new Set(texts(builds))]));
  } catch {
    return new Map();
  }
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

const attempts = 10;

/** Two operators at once: the one who comes second reads again. */
async function untilWritten(write: () => Promise<boolean>): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) if (await write()) return;
  throw new StoreError('NP_CONFLICT', 'holding a build back');
}

async function add(writer: Writer, image: string, buildId: string, provider: string): Promise<boolean> {
  const { zk } = writer;
  const path = heldBackPath(image);
  const found = await ifPresent(throughLosses(zk, () => zk.get(path)));
  const before = found === undefined ? new Map<string, ReadonlySet<string>>() : parseHeldBack(found.data);
  const after = new Map(before).set(provider, new Set([...(before.get(provider) ?? []), buildId]));
  const data = Buffer.from(JSON.stringify(Object.fromEntries([...after].map(([key, builds]) => [key, [...builds]]))));
  try {
    if (found === undefined) await throughLosses(zk, () => writer.createIn(imagePath(image), heldBackName, data));
    else await throughLosses(zk, () => zk.set(path, data, found.stat.version));
    return true;
  } catch (error) {
    if (isZooKeeperError(error, 'ZK_NODE_EXISTS', 'ZK_BAD_VERSION', 'ZK_NO_NODE')) return false;
    throw error;
  }
}
