import type { Listing } from '@nodepool/listings';
import type { RollbackPlan } from '@nodepool/operations';

/** What each provider uses after a rollback. */
export function currentListing({ current }: RollbackPlan): Listing {
  return {
    columns: [
      { key: 'provider', header: 'Provider' },
      { key: 'build_id', header: 'Build ID' },
      { key: 'upload_id', header: 'Upload ID' },
      { key: 'external_id', header: 'Provider Image ID' },
      { key: 'age', header: 'Age', isTime: true },
    ],
    rows: [...current].map(([provider, upload]) => ({
      provider,
      build_id: upload?.buildId ?? 'none',
      upload_id: upload?.id ?? null,
      external_id: upload?.externalId ?? null,
      age: upload === undefined ? null : Math.floor(upload.stateTimeSec),
    })),
  };
}

/** One line: what stays whatever happens, until somebody deletes it by hand. */
export function keptText(image: string, { keptBuilds, keptUploads }: RollbackPlan): string {
  const builds = keptBuilds.map((id) => `${image}-${id}`);
  const uploads = keptUploads.map(({ provider, id, buildId }) => `${provider}: ${id} of ${buildId}`);
  const text = (words: readonly string[]): string => (words.length === 0 ? 'none' : words.join('; '));
  return `Never deleted without a command: builds ${text(builds)}; uploads ${text(uploads)}`;
}
