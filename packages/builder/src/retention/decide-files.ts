import type { ImageBuild } from '@nodepool/model';
import type { BuildKey } from '@nodepool/store';
import type { ImageView, LocalBuildView, RetentionView } from './view.js';

export type FileAction =
  | { readonly kind: 'remove-files'; readonly key: BuildKey; readonly why: string }
  | { readonly kind: 'remove-format'; readonly key: BuildKey; readonly format: string };

/** Files without a record wait this long: records that were lost may be put back from an export. */
export const unknownGraceMs = 60_000;

/** What to delete in our own images-dir. Source: docs/compatibility/builder.md section 6.1. */
export function decideLocalFiles(view: RetentionView): readonly FileAction[] {
  const images = new Map(view.images.map((image) => [image.image, image]));
  return view.localBuilds.flatMap((local): readonly FileAction[] => {
    const image = images.get(local.image);
    const build = image?.builds.find(({ id }) => id === local.buildId);
    const why = reasonToRemove(image, build, local);
    if (why !== undefined) return [{ kind: 'remove-files', key: keyOf(local), why }];
    if (image === undefined || build?.state !== 'ready') return [];
    return unneededFormats(view, image, local).map((format) => ({ kind: 'remove-format', key: keyOf(local), format }));
  });
}

function keyOf({ image, buildId }: LocalBuildView): BuildKey {
  return { image, buildId };
}

function reasonToRemove(
  image: ImageView | undefined,
  build: ImageBuild | undefined,
  local: LocalBuildView,
): string | undefined {
  // The promise of the manual: the providers' copies go first.
  if (image?.uploads.some(({ buildId }) => buildId === local.buildId) === true) return undefined;
  if (image?.ownBuilds.has(local.buildId) === true || image?.unreadableBuilds.has(local.buildId) === true)
    return undefined;
  if (build === undefined) return local.unknownForMs >= unknownGraceMs ? 'no record' : undefined;
  return build.state === 'deleting' || build.state === 'failed' ? build.state : undefined;
}

/** Formats that no provider waits for any more, of an image that is to be deleted after its upload. */
function unneededFormats(view: RetentionView, image: ImageView, local: LocalBuildView): readonly string[] {
  if (image.diskimage?.deleteAfterUpload !== true) return [];
  const needed = new Set(image.diskimage.keepFormats);
  for (const [name, provider] of view.providers) {
    if (!provider.images.has(image.image)) continue;
    // A provider that could not be loaded may need any of them.
    if (provider.kind === 'unknown') return [];
    const uploaded = image.uploads.some(
      (upload) => upload.buildId === local.buildId && upload.provider === name && upload.state === 'ready',
    );
    if (!uploaded && provider.format !== undefined) needed.add(provider.format);
  }
  return local.formats.filter((format) => !needed.has(format));
}
