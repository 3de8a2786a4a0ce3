import type { Metrics } from '@nodepool/runtime';

export interface RetentionMetrics {
  deleted(kind: 'upload' | 'build' | 'files'): void;
  deletionFailed(provider: string): void;
  /** Uploads that nobody can delete. */
  stranded(provider: string, uploads: number): void;
}

export function retentionMetrics(metrics: Metrics): RetentionMetrics {
  const deleted = metrics.counter({
    name: 'builder_deletions_total',
    help: 'Uploads, builds and builds’ files that were deleted.',
    labelNames: ['kind'],
  });
  const failed = metrics.counter({
    name: 'image_upload_deletion_failures_total',
    help: 'Deletions of uploads that a provider refused or failed.',
    labelNames: ['provider'],
  });
  const stranded = metrics.gauge({
    name: 'image_uploads_stranded',
    help: 'Uploads whose provider is no longer configured and that nobody can delete.',
    labelNames: ['provider'],
  });
  return {
    deleted: (kind) => deleted.add(1, { kind }),
    deletionFailed: (provider) => failed.add(1, { provider }),
    stranded: (provider, uploads) => stranded.set(uploads, { provider }),
  };
}
