import { buildName, type ImageBuild } from '@nodepool/model';
import { errorCode, errorText, retry } from '@nodepool/runtime';
import type { ImageCache, Store } from '@nodepool/store';
import type { CommandContext } from '../command.js';
import { builderOf } from './find-builder.js';
import { streamLog } from './stream-log.js';

/** A builder shows its address a moment after it has recorded its first build. */
const statusPolicy = { initialMs: 500, factor: 1.5, maxMs: 3_000, attempts: 6, jitter: 0 };

/** Waits for the next build of an image, shows its log, and returns how it ended. */
export async function followNextBuild(
  context: CommandContext,
  store: Store,
  image: string,
  ask: () => Promise<void>,
): Promise<ImageBuild> {
  await using caches = await store.openCaches({ resourcesOf: () => ({}), only: ['images'], signal: context.signal });
  const known = new Set([...caches.images.builds(image)].map(({ record }) => record.id));
  await ask();
  const started = await untilBuild(caches.images, image, ({ id }) => !known.has(id), context.signal);
  await showLog(context, store, buildName(started));
  return await untilBuild(
    caches.images,
    image,
    ({ id, state }) => id === started.id && state !== 'building',
    context.signal,
  );
}

/** A log that cannot be shown does not end the wait for the build. */
async function showLog(context: CommandContext, store: Store, build: string): Promise<void> {
  try {
    const isPassing = (error: unknown): number | undefined =>
      errorCode(error) === 'NP_CLI_LOG_UNREACHABLE' ? 0 : undefined;
    const builder = await retry(() => builderOf(store, build), statusPolicy, isPassing, context);
    await streamLog(context, builder, { build, kind: 'log', follow: true });
  } catch (error) {
    context.signal.throwIfAborted();
    context.warn(errorText(error));
  }
}

async function untilBuild(
  cache: ImageCache,
  image: string,
  isIt: (build: ImageBuild) => boolean,
  signal: AbortSignal,
): Promise<ImageBuild> {
  const { promise, resolve, reject } = Promise.withResolvers<ImageBuild>();
  const look = (): void => {
    const found = [...cache.builds(image)].find(({ record }) => isIt(record));
    if (found !== undefined) resolve(found.record);
  };
  const onAbort = (): void => reject(signal.reason);
  using _listening = cache.onChange(look);
  signal.addEventListener('abort', onAbort, { once: true });
  look();
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
