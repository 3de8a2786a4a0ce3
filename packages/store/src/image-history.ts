import { type ImageEvent, type ImageEventKind, imageEventKinds } from '@nodepool/model';
import { throughLosses } from './losses.js';
import { baseName, historyPath, isZnodeName, roots } from './paths.js';
import { childNames, ifPresent, mapBounded } from './records.js';
import type { Writer } from './writer.js';

/** What happened to each image, the last few hundred events of it. Told to people; nothing is decided on it. */
export interface ImageHistory {
  append(event: ImageEvent): Promise<void>;
  /** Oldest first. */
  list(image: string): Promise<readonly ImageEvent[]>;
  /** Names of images that have a history. */
  images(): Promise<readonly string[]>;
}

/** Events kept for one image, at least; up to {@link pruneEvery} more. */
export const keptEvents = 200;

/** Old events are looked for at every so many new ones. */
const pruneEvery = 32;

/** One sequential znode for each event: writers never wait for each other, and one request is all that it costs. */
export function openImageHistory(writer: Writer): ImageHistory {
  const { zk } = writer;
  return {
    append: async (event) => {
      if (!isZnodeName(event.image)) return;
      const directory = historyPath(event.image);
      // After a cut an event may be written twice: better than none.
      const { path } = await throughLosses(zk, () =>
        writer.createIn(directory, '', encode(event), 'persistent-sequential'),
      );
      if (Number(baseName(path)) % pruneEvery === 0) await prune(writer, directory);
    },
    list: async (image) => {
      if (!isZnodeName(image)) return [];
      const directory = historyPath(image);
      const found = await mapBounded(await childNames(zk, directory), async (name) => {
        const read = await ifPresent(throughLosses(zk, () => zk.get(`${directory}/${name}`)));
        return read && decode(image, read.data);
      });
      return found.filter((event) => event !== undefined);
    },
    images: () => childNames(zk, roots.imageHistory),
  };
}

async function prune({ zk }: Writer, directory: string): Promise<void> {
  const names = await childNames(zk, directory);
  const old = names.slice(0, Math.max(0, names.length - keptEvents));
  await mapBounded(old, (name) => ifPresent(throughLosses(zk, () => zk.delete(`${directory}/${name}`))));
}

function encode({ image: _, ...event }: ImageEvent): Buffer {
  return Buffer.from(JSON.stringify(event));
}

/** Undefined for what a later release may have written. */
function decode(image: string, data: Uint8Array): ImageEvent | undefined {
  const fields = parse(data);
  const { kind, timeSec } = fields;
  if (typeof timeSec !== 'number' || !isKind(kind)) return undefined;
  const text = (key: string): string | null => (typeof fields[key] === 'string' ? fields[key] : null);
  return {
    image,
    kind,
    timeSec,
    buildId: text('buildId'),
    provider: text('provider'),
    uploadId: text('uploadId'),
    by: text('by') ?? 'unknown',
    text: text('text'),
  };
}

function isKind(kind: unknown): kind is ImageEventKind {
  return imageEventKinds.some((known) => known === kind);
}

function parse(data: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(data).toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
