import type { UploadKey } from '@nodepool/store';
import { BuilderError } from '../errors.js';
import { type ImageRecords, uploadKey, uploadKeyText } from '../records.js';
import { keptBuilds, keptUploads } from './keep.js';

/** What the configuration says of an image. */
export interface ImagePolicy {
  readonly configured: boolean;
  /** Providers that are to have the image. */
  readonly providers: ReadonlySet<string>;
}

/**
 * The last look before an upload is given up: on records just read, whatever was decided and why.
 *
 * @throws NP_PROTECTED for one of the two newest ready uploads of a provider that is to have the image.
 */
export function assertUploadMayGo(records: ImageRecords, policy: ImagePolicy, key: UploadKey): void {
  if (!policy.configured || !policy.providers.has(key.provider)) return;
  if (keptUploads(records).has(uploadKeyText(key))) refuse(`upload ${uploadKeyText(key)}`);
}

/**
 * The last look before a build is given up.
 *
 * @throws NP_PROTECTED for one of the two newest ready builds, or while one of its uploads is protected.
 */
export function assertBuildMayGo(records: ImageRecords, policy: ImagePolicy, buildId: string): void {
  if (keptBuilds(records, policy.configured).has(buildId)) refuse(`build ${records.image}-${buildId}`);
  for (const upload of records.uploads) {
    if (upload.buildId === buildId && upload.state === 'ready') assertUploadMayGo(records, policy, uploadKey(upload));
  }
}

/**
 * The last look before the files of a build are removed.
 *
 * @throws NP_PROTECTED while the build may be used, or while an upload of it is recorded: a provider may still need it.
 */
export function assertFilesMayGo(records: ImageRecords, buildId: string): void {
  const build = records.builds.find(({ id }) => id === buildId);
  const isLive = build?.state === 'ready' || build?.state === 'building';
  const hasUploads = records.uploads.some((upload) => upload.buildId === buildId);
  if (isLive || hasUploads) refuse(`files of build ${records.image}-${buildId}`);
}

function refuse(what: string): never {
  throw new BuilderError('NP_PROTECTED', `${what} was about to be deleted although it is protected`);
}
