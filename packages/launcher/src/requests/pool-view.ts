import type { PoolConfig, PoolLabel } from '@nodepool/driver-api';
import type { ImageCache } from '@nodepool/store';
import type { ProviderRuntime } from '../providers/provider-runtime.js';
import type { LabelView, PoolView } from './decline-reasons.js';

/** A pool's view with the labels of which the cloud has not said yet what they take. */
export interface PoolReading {
  readonly view: PoolView;
  readonly unread: ReadonlySet<string>;
}

/** One pool as configured, as its cloud was last read, and as the images stand; undefined before the first reading. */
export function readPool(
  id: string,
  pool: PoolConfig,
  runtime: ProviderRuntime,
  images: Pick<ImageCache, 'currentUpload'>,
): PoolReading | undefined {
  const { readings, config } = runtime;
  const figure = readings.figure;
  if (figure === undefined) return undefined;
  const unread = new Set<string>();
  const labels = new Map<string, LabelView>();
  for (const label of pool.labels) {
    const needed = readings.needed(pool.name, label.name);
    if (needed === undefined) unread.add(label.name);
    labels.set(label.name, {
      needed: needed ?? {},
      brokenBecause: readings.brokenBecause(pool.name, label.name),
      hasImage: hasImage(label, runtime, images),
    });
  }
  const view = {
    id,
    provider: config.name,
    priority: pool.priority,
    labels,
    limits: pool.limits,
    providerFigure: pool.ignoreProviderQuota ? undefined : figure,
  };
  return { view, unread };
}

/** A launch of the label would find an image. */
export function hasImage(
  label: PoolLabel,
  { config, readings }: Pick<ProviderRuntime, 'config' | 'readings'>,
  images: Pick<ImageCache, 'currentUpload'>,
): boolean {
  if (label.diskimage !== undefined) return images.currentUpload(label.diskimage, config.name) !== undefined;
  return label.cloudImage === undefined || readings.hasCloudImage(label.cloudImage);
}
