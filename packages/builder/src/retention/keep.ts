import type { ImageUpload } from '@nodepool/model';
import { newestFirst } from '@nodepool/model';
import { type ImageRecords, uploadKey, uploadKeyText } from '../records.js';

/** How many of the newest ready ones always stay. */
export const keptCount = 2;

/** Ids of the newest ready builds; none of an image that is not configured. */
export function keptBuilds({ builds }: ImageRecords, configured: boolean): ReadonlySet<string> {
  const ready = configured ? builds.filter(({ state }) => state === 'ready') : [];
  return new Set(
    newestFirst(ready)
      .slice(0, keptCount)
      .map(({ id }) => id),
  );
}

/**
 * The newest ready uploads of each provider, over ready builds: an image that a provider uses stays although newer
 * builds have not reached it.
 *
 * @returns texts of {@link uploadKeyText}.
 */
export function keptUploads({ builds, uploads }: ImageRecords): ReadonlySet<string> {
  const readyBuilds = new Set(builds.filter(({ state }) => state === 'ready').map(({ id }) => id));
  const byProvider = new Map<string, ImageUpload[]>();
  for (const upload of uploads) {
    if (upload.state !== 'ready' || !readyBuilds.has(upload.buildId)) continue;
    const list = byProvider.get(upload.provider);
    if (list === undefined) byProvider.set(upload.provider, [upload]);
    else list.push(upload);
  }
  const kept = [...byProvider.values()].flatMap((list) => newestFirst(list).slice(0, keptCount));
  return new Set(kept.map((upload) => uploadKeyText(uploadKey(upload))));
}
