import type { BuildState, ImageBuild, ImageUpload, UploadState } from '@nodepool/model';
import type { Decision } from '@nodepool/runtime';
import type { BuildKey, UploadKey } from '@nodepool/store';
import { busyRecheckMs, sweepMs } from '../context.js';
import { slotText, uploadKey, uploadKeyText } from '../records.js';
import { decideLocalFiles, type FileAction, unknownGraceMs } from './decide-files.js';
import { keptBuilds, keptUploads } from './keep.js';
import type { ImageView, RetentionView } from './view.js';

export type RetentionAction =
  /** `state` is what the record said when this was decided: when that has changed, so may the reason. */
  | { readonly kind: 'mark-upload'; readonly key: UploadKey; readonly state: UploadState; readonly why: string }
  /** Whose builder died: nothing is known of an image in the cloud. */
  | { readonly kind: 'drop-upload'; readonly key: UploadKey }
  /** From the cloud, then the record. */
  | { readonly kind: 'delete-upload'; readonly key: UploadKey; readonly externalId: string | null }
  | { readonly kind: 'mark-build'; readonly key: BuildKey; readonly state: BuildState; readonly why: string }
  | { readonly kind: 'remove-build'; readonly key: BuildKey }
  /** Uploads that nobody can delete, because their provider left the configuration too early. */
  | { readonly kind: 'report-stranded'; readonly provider: string; readonly uploads: readonly string[] }
  | FileAction;

/** How long a builder that is away may take to remove its files before others remove the record, seconds. */
const ownerGraceSec = 60;

/**
 * What to delete now.
 *
 * Source: docs/compatibility/builder.md section 6. Files go only when no upload of the build is recorded any more.
 */
export function decideRetention(view: RetentionView, nowMs: number): Decision<RetentionAction> {
  const actions: RetentionAction[] = view.images.flatMap((image) => decideImage(view, image, nowMs));
  actions.push(...decideLocalFiles(view), ...reportStranded(view));
  return { actions, recheckAfterMs: recheckAfterMs(view) };
}

function decideImage(view: RetentionView, image: ImageView, nowMs: number): readonly RetentionAction[] {
  const buildsToKeep = keptBuilds(image, image.diskimage !== undefined);
  const uploadsToKeep = keptUploads(image);
  return image.builds.flatMap((build): readonly RetentionAction[] => {
    const kept = buildsToKeep.has(build.id);
    const uploads = image.uploads.filter((upload) => upload.buildId === build.id);
    const uploadActions = uploads.flatMap((upload) => {
      const action = decideUpload(view, image, upload, { build, kept, uploadsToKeep, nowMs });
      return action === undefined ? [] : [action];
    });
    const buildAction = kept ? undefined : decideBuild(view, image, build, uploads, nowMs);
    return buildAction === undefined ? uploadActions : [...uploadActions, buildAction];
  });
}

interface UploadCircumstances {
  readonly build: ImageBuild;
  readonly kept: boolean;
  readonly uploadsToKeep: ReadonlySet<string>;
  readonly nowMs: number;
}

function decideUpload(
  view: RetentionView,
  image: ImageView,
  upload: ImageUpload,
  of: UploadCircumstances,
): RetentionAction | undefined {
  const provider = view.providers.get(upload.provider);
  if (provider?.kind !== 'images') return undefined;
  const key = uploadKey(upload);
  const text = uploadKeyText(key);
  if (upload.state === 'deleting') {
    const waits = image.deletions.has(text) || (image.deletionDelays.get(text) ?? 0) > 0;
    return waits ? undefined : { kind: 'delete-upload', key, externalId: upload.externalId };
  }
  if (upload.state === 'uploading') {
    return image.lockedSlots.has(slotText(image.image, upload.buildId, upload.provider))
      ? undefined
      : { kind: 'drop-upload', key };
  }
  const why = provider.images.has(image.image)
    ? reasonToGiveUp(image, upload, of)
    : 'the provider no longer lists the image';
  return why === undefined ? undefined : { kind: 'mark-upload', key, state: upload.state, why };
}

function reasonToGiveUp(image: ImageView, upload: ImageUpload, of: UploadCircumstances): string | undefined {
  if (of.build.state === 'deleting') return 'the build is being deleted';
  if (upload.state === 'failed') return mayStay(image, upload, of) ? undefined : 'the upload failed';
  if (of.kept || of.uploadsToKeep.has(uploadKeyText(uploadKey(upload)))) return undefined;
  return image.diskimage === undefined ? 'the image is not configured' : 'newer ones are ready';
}

/**
 * The last failure stays to be seen until something newer replaces it, unless an image of it is in the cloud, which the
 * builder that has failed removes first if it can.
 */
function mayStay(image: ImageView, failed: ImageUpload, { kept, nowMs }: UploadCircumstances): boolean {
  const inCloud = failed.externalId !== null && Math.abs(nowMs / 1000 - failed.stateTimeSec) > ownerGraceSec;
  return kept && !inCloud && isLatestFailure(image, failed);
}

function isLatestFailure(image: ImageView, failed: ImageUpload): boolean {
  return !image.uploads.some(
    (other) =>
      other.provider === failed.provider &&
      (other.state === 'failed' || other.state === 'ready') &&
      (other.stateTimeSec > failed.stateTimeSec ||
        (other.stateTimeSec === failed.stateTimeSec && other.buildId === failed.buildId && other.id > failed.id)),
  );
}

function decideBuild(
  view: RetentionView,
  image: ImageView,
  build: ImageBuild,
  uploads: readonly ImageUpload[],
  nowMs: number,
): RetentionAction | undefined {
  const key = { image: image.image, buildId: build.id };
  if (image.unreadableBuilds.has(build.id)) return undefined;
  if (build.state === 'deleting') {
    const removable = uploads.length === 0 && filesAreGone(view, build, nowMs);
    return removable ? { kind: 'remove-build', key } : undefined;
  }
  if (uploads.some(({ state }) => state !== 'deleting')) return undefined;
  const why = reasonToGiveUpBuild(view, image, build);
  return why === undefined ? undefined : { kind: 'mark-build', key, state: build.state, why };
}

function reasonToGiveUpBuild(view: RetentionView, image: ImageView, build: ImageBuild): string | undefined {
  if (build.state === 'building') return isAbandoned(view, image, build) ? 'its builder is gone' : undefined;
  if (build.state === 'failed') return isLatestBuild(image, build) ? undefined : 'the build failed';
  return image.diskimage === undefined ? 'the image is not configured' : 'newer ones are ready';
}

/** The record goes last. Whoever has the files removes it; others do so for a builder that is away. */
function filesAreGone(view: RetentionView, build: ImageBuild, nowMs: number): boolean {
  if (view.localBuilds.some((local) => local.image === build.image && local.buildId === build.id)) return false;
  const isOwn = build.builderId === null || build.builderId === view.builderId;
  return isOwn || nowMs / 1000 - build.stateTimeSec > ownerGraceSec;
}

/** Our own needs no probe of the lock, which a session that died with the last process may still hold. */
function isAbandoned(view: RetentionView, image: ImageView, build: ImageBuild): boolean {
  if (build.builderId === view.builderId) return !image.ownBuilds.has(build.id);
  return !image.buildLocked;
}

/** The last failure of a configured image stays to be seen until the next build has ended. */
function isLatestBuild(image: ImageView, failed: ImageBuild): boolean {
  return (
    image.diskimage !== undefined &&
    !image.builds.some(
      (other) => (other.state === 'ready' || other.state === 'failed') && other.stateTimeSec > failed.stateTimeSec,
    )
  );
}

function reportStranded(view: RetentionView): readonly RetentionAction[] {
  const byProvider = new Map<string, string[]>();
  for (const upload of view.images.flatMap(({ uploads }) => uploads)) {
    if (view.providers.has(upload.provider) || view.foreignProviders.has(upload.provider)) continue;
    const uploads = byProvider.get(upload.provider) ?? [];
    byProvider.set(upload.provider, [...uploads, uploadKeyText(uploadKey(upload))]);
  }
  return [...byProvider].map(([provider, uploads]) => ({ kind: 'report-stranded', provider, uploads }));
}

/** No event tells that a lock was given up by a process that died. */
function recheckAfterMs(view: RetentionView): number {
  let recheckMs = sweepMs;
  for (const image of view.images) {
    const isWatched = image.builds.some(({ state }) => state === 'building') || image.lockedSlots.size > 0;
    if (isWatched) recheckMs = Math.min(recheckMs, busyRecheckMs);
    for (const delayMs of image.deletionDelays.values()) if (delayMs > 0) recheckMs = Math.min(recheckMs, delayMs);
  }
  for (const { unknownForMs } of view.localBuilds) {
    if (unknownForMs < unknownGraceMs) recheckMs = Math.min(recheckMs, unknownGraceMs - unknownForMs);
  }
  return recheckMs;
}
