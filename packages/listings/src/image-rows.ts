import type { ImageBuild, ImageUpload, UploadProgress } from '@nodepool/model';
import { buildName } from '@nodepool/model';
import type { Column, Listing, Row } from './listing.js';
import { compareText } from './order.js';

const uploadColumns: readonly Column[] = [
  { key: 'id', header: 'Build ID' },
  { key: 'upload_id', header: 'Upload ID' },
  { key: 'provider', header: 'Provider' },
  { key: 'image', header: 'Image' },
  { key: 'external_name', header: 'Provider Image Name' },
  { key: 'external_id', header: 'Provider Image ID' },
  { key: 'state', header: 'State' },
  { key: 'age', header: 'Age', isTime: true },
];

/** Uploads by image, build, provider and id. Source: docs/compatibility/interfaces.md section 2.3. */
export function uploadListing(uploads: readonly ImageUpload[]): Listing {
  return { columns: uploadColumns, rows: sortedUploads(uploads).map(uploadRow) };
}

const uploadDetailColumns: readonly Column[] = [
  ...uploadColumns,
  { key: 'format', header: 'Format' },
  { key: 'progress', header: 'Progress' },
  { key: 'failure_reason', header: 'Reason' },
];

/** The same with what is under way and what went wrong; ours. */
export function uploadDetailListing(uploads: readonly ImageUpload[], running: readonly UploadProgress[]): Listing {
  const rows = sortedUploads(uploads).map((upload) => {
    const progress = running.find(
      (each) => each.uploadId === upload.id && each.buildId === upload.buildId && each.provider === upload.provider,
    );
    return {
      ...uploadRow(upload),
      format: upload.format,
      progress: progress === undefined ? null : progressText(progress),
      failure_reason: upload.failureReason,
    };
  });
  return { columns: uploadDetailColumns, rows };
}

function progressText({ phase, bytesSent, bytesTotal, bytesPerSec, secondsLeft }: UploadProgress): string {
  if (phase === 'validating') return 'validating';
  const percent = bytesTotal > 0 ? Math.min(100, Math.floor((100 * bytesSent) / bytesTotal)) : 0;
  const left = secondsLeft === null ? '' : `, ${secondsLeft} s left`;
  return `${percent} %, ${(bytesPerSec / 2 ** 20).toFixed(1)} MiB/s${left}`;
}

function sortedUploads(uploads: readonly ImageUpload[]): readonly ImageUpload[] {
  return uploads.toSorted(
    (left, right) =>
      compareText(left.image, right.image) ||
      compareText(left.buildId, right.buildId) ||
      compareText(left.provider, right.provider) ||
      compareText(left.id, right.id),
  );
}

function uploadRow(upload: ImageUpload): Row {
  return {
    id: upload.buildId,
    upload_id: upload.id,
    provider: upload.provider,
    image: upload.image,
    external_name: upload.externalName,
    external_id: upload.externalId,
    state: upload.state,
    age: Math.floor(upload.stateTimeSec),
  };
}

const buildColumns: readonly Column[] = [
  { key: 'id', header: 'ID' },
  { key: 'image', header: 'Image' },
  { key: 'builder', header: 'Builder' },
  { key: 'formats', header: 'Formats' },
  { key: 'state', header: 'State' },
  { key: 'age', header: 'Age', isTime: true },
];

/**
 * Builds by image and id. Every build of a paused image is shown as `paused`.
 *
 * Source: docs/compatibility/interfaces.md section 2.3.
 */
export function buildListing(builds: readonly ImageBuild[], pausedImages: ReadonlySet<string>): Listing {
  const sorted = builds.toSorted(
    (left, right) => compareText(left.image, right.image) || compareText(left.id, right.id),
  );
  return {
    columns: buildColumns,
    rows: sorted.map((build) => ({
      id: buildName(build),
      image: build.image,
      builder: build.builder,
      formats: build.formats,
      state: pausedImages.has(build.image) ? 'paused' : build.state,
      age: Math.floor(build.stateTimeSec),
    })),
  };
}

/** What `image-status` says of one image. */
export interface ImageStatus {
  readonly image: string;
  readonly paused: boolean;
  readonly buildRequest: 'pending' | 'building' | undefined;
  readonly buildRequestedAtMs: number | undefined;
}

const statusColumns: readonly Column[] = [
  { key: 'image', header: 'Image' },
  { key: 'paused', header: 'Paused' },
  { key: 'build_request', header: 'Build Request' },
  { key: 'build_request_age', header: 'Build Request Age', isTime: true },
];

/** Images by name. Source: docs/compatibility/interfaces.md section 2.3. */
export function imageStatusListing(images: readonly ImageStatus[]): Listing {
  return {
    columns: statusColumns,
    rows: images
      .toSorted((left, right) => compareText(left.image, right.image))
      .map(({ image, paused, buildRequest, buildRequestedAtMs }) => ({
        image,
        paused,
        build_request: buildRequest ?? null,
        build_request_age: buildRequestedAtMs === undefined ? null : Math.floor(buildRequestedAtMs / 1000),
      })),
  };
}
