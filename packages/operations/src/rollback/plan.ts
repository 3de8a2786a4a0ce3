import { type ImageBuild, type ImageUpload, newestFirst } from '@nodepool/model';

/** What is known of an image. */
export interface RollbackView {
  readonly builds: readonly ImageBuild[];
  readonly uploads: readonly ImageUpload[];
  /** Only in this provider; undefined is everywhere. */
  readonly provider: string | undefined;
}

export interface RollbackPlan {
  /** Ids of builds that are taken back: the one in use and whatever is newer, the newest first. */
  readonly retired: readonly string[];
  /** Uploads that go. */
  readonly uploads: readonly ImageUpload[];
  /** What each provider uses afterwards; undefined is nothing. */
  readonly current: ReadonlyMap<string, ImageUpload | undefined>;
  /** Providers that have an image now and would have none. */
  readonly bereft: readonly string[];
  /** Ids of the builds that Nodepool never deletes on its own afterwards. */
  readonly keptBuilds: readonly string[];
  /** The same for uploads. */
  readonly keptUploads: readonly ImageUpload[];
}

const keptCount = 2;

/** One step back; undefined when nothing is in use. Builds newer than the one in use go as well: they would follow it. */
export function planRollback({ builds, uploads, provider }: RollbackView): RollbackPlan | undefined {
  const concerned = uploads.filter((upload) => provider === undefined || upload.provider === provider);
  const ready = newestFirst(builds.filter(({ state }) => state === 'ready'));
  const inUse = ready.findIndex(({ id }) =>
    concerned.some(({ buildId, state }) => buildId === id && state === 'ready'),
  );
  if (inUse < 0) return undefined;
  const retired = ready.slice(0, inUse + 1).map(({ id }) => id);
  const doomed = concerned.filter(
    ({ buildId, state }) => retired.includes(buildId) && (state === 'ready' || state === 'failed'),
  );
  const readyIds = new Set(ready.map(({ id }) => id));
  const usable = uploads.filter(({ state, buildId }) => state === 'ready' && readyIds.has(buildId));
  const left = newestFirst(usable.filter((upload) => !doomed.includes(upload)));
  const providers = [...new Set(usable.map((upload) => upload.provider))].sort();
  const current = new Map(providers.map((name) => [name, left.find((upload) => upload.provider === name)]));
  const keptFrom = provider === undefined ? ready.slice(inUse + 1) : ready;
  return {
    retired,
    uploads: doomed,
    current,
    bereft: providers.filter((name) => current.get(name) === undefined),
    keptBuilds: keptFrom.slice(0, keptCount).map(({ id }) => id),
    keptUploads: providers.flatMap((name) => left.filter((upload) => upload.provider === name).slice(0, keptCount)),
  };
}
