import type { Column, Listing } from './listing.js';
import { compareText } from './order.js';

/** An image in a cloud that carries our tags and that no ready upload names. */
export interface AlienImage {
  readonly provider: string;
  readonly name: string;
  readonly externalId: string;
  /** Build and upload that it says it was made for. */
  readonly buildId: string;
  readonly uploadId: string | null;
}

const columns: readonly Column[] = [
  { key: 'provider', header: 'Provider' },
  { key: 'name', header: 'Name' },
  { key: 'image_id', header: 'Image ID' },
];

const otherColumns: readonly Column[] = [
  { key: 'build_id', header: 'Build ID' },
  { key: 'upload_id', header: 'Upload ID' },
];

/** Alien images by provider, name and id. Source: docs/compatibility/interfaces.md section 2. */
export function alienImageListing(images: readonly AlienImage[]): Listing {
  const sorted = images.toSorted(
    (left, right) =>
      compareText(left.provider, right.provider) ||
      compareText(left.name, right.name) ||
      compareText(left.externalId, right.externalId),
  );
  return {
    columns,
    otherColumns,
    rows: sorted.map(({ provider, name, externalId, buildId, uploadId }) => ({
      provider,
      name,
      image_id: externalId,
      build_id: buildId,
      upload_id: uploadId,
    })),
  };
}
