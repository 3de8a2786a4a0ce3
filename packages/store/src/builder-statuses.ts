import type { BuilderStatus } from '@nodepool/model';
import { isZooKeeperError } from '@nodepool/zookeeper';
import { throughLosses } from './losses.js';
import { builderStatusPath, isZnodeName, roots } from './paths.js';
import { childNames, ifPresent, mapBounded } from './records.js';
import type { Writer } from './writer.js';

/** What builders are doing: one ephemeral znode for each, which no other program reads. */
export interface BuilderStatuses {
  /** Shows a status until the session ends. */
  publish(status: BuilderStatus): Promise<void>;
  /** Undefined when the builder is not running, or does not say. */
  get(builderId: string): Promise<BuilderStatus | undefined>;
  list(): Promise<readonly BuilderStatus[]>;
}

export function openBuilderStatuses(writer: Writer): BuilderStatuses {
  const { zk } = writer;
  const get = async (builderId: string): Promise<BuilderStatus | undefined> => {
    if (!isZnodeName(builderId)) return undefined;
    const found = await ifPresent(throughLosses(zk, () => zk.get(builderStatusPath(builderId))));
    return found && decode(builderId, found.data);
  };
  return {
    publish: (status) => throughLosses(zk, () => publish(writer, status)),
    get,
    list: async () => {
      const found = await mapBounded(await childNames(zk, roots.builderStatus), get);
      return found.filter((status) => status !== undefined);
    },
  };
}

/** Takes over what a session of ours has left that has not timed out yet: it would vanish with that session. */
async function publish(writer: Writer, status: BuilderStatus): Promise<void> {
  const { zk } = writer;
  const path = builderStatusPath(status.builderId);
  const data = Buffer.from(JSON.stringify(status));
  const owner = (await zk.exists(path))?.ephemeralOwner;
  if (owner === zk.sessionId) {
    await zk.set(path, data);
    return;
  }
  if (owner !== undefined) await ifPresent(zk.delete(path));
  try {
    await writer.createIn(roots.builderStatus, status.builderId, data, 'ephemeral');
  } catch (error) {
    if (!isZooKeeperError(error, 'ZK_NODE_EXISTS')) throw error;
  }
}

function decode(builderId: string, data: Uint8Array): BuilderStatus | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(data).toString());
    return isStatus(value) && value.builderId === builderId ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Tells what a builder of this release has written from anything else. */
function isStatus(value: unknown): value is BuilderStatus {
  if (typeof value !== 'object' || value === null) return false;
  const { builderId, hostname, logUrl, builds, uploads } = value as Partial<Record<keyof BuilderStatus, unknown>>;
  const isUrl = logUrl === null || typeof logUrl === 'string';
  return (
    typeof builderId === 'string' &&
    typeof hostname === 'string' &&
    isUrl &&
    Array.isArray(builds) &&
    Array.isArray(uploads)
  );
}
