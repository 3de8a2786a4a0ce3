import { removeCloudImage } from '../cloud-image.js';
import type { BuilderContext } from '../context.js';
import type { RemoveLeak } from './decide.js';
import type { LeakMetrics } from './metrics.js';
import { isRecordOf } from './view.js';

/** Removes an image from a cloud unless a record of it has appeared. */
export async function executeLeak(
  context: BuilderContext,
  metrics: LeakMetrics,
  { provider, externalId, buildId, uploadId }: RemoveLeak,
  signal: AbortSignal,
): Promise<void> {
  const { store, log, config, providers } = context;
  const isKnown = await hasRecord(context, { provider, externalId, buildId, uploadId });
  const resolved = (await providers.resolve(config.current(), () => false)).get(provider);
  if (isKnown || resolved?.images === undefined || store.session.state !== 'connected') return;
  const fields = { provider, externalId, build: buildId, upload: uploadId };
  if (await removeCloudImage(context, resolved.images, externalId, log.child(fields), signal)) {
    metrics.removed(provider);
    log.info(fields, 'removed leaked image');
  }
}

/** From the server: the cache that raised the suspicion must not settle it. */
async function hasRecord({ store }: BuilderContext, leak: Omit<RemoveLeak, 'kind'>): Promise<boolean> {
  const images = await store.images.images();
  const uploads = await Promise.all(images.map((image) => store.images.uploads(image)));
  return uploads.flat().some(({ record }) => record.provider === leak.provider && isRecordOf(record, leak));
}
