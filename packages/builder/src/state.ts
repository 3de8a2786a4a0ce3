import type { BuilderContext } from './context.js';
import type { BuilderState } from './types.js';

/** What the builder is doing and what waits. */
export function describeState({ cache, jobs, delays, imagesDir }: BuilderContext): BuilderState {
  return {
    builderId: imagesDir.builderId,
    imagesDir: imagesDir.path,
    builds: jobs.builds.infos(),
    uploads: jobs.uploads.infos(),
    deletions: jobs.deletions.infos(),
    delayed: [
      ...delays.builds.list().map((delay) => ({ ...delay, what: `build of ${delay.what}` })),
      ...delays.uploads.list().map((delay) => ({ ...delay, what: `upload of ${delay.what}` })),
      ...delays.deletions.list().map((delay) => ({ ...delay, what: `deletion of ${delay.what}` })),
    ],
    waitingForDeletion: [...cache.images()].flatMap((image) => buildsWaiting(cache, image)),
  };
}

function buildsWaiting(cache: BuilderContext['cache'], image: string): BuilderState['waitingForDeletion'] {
  const uploads = [...cache.uploads(image)].map(({ record }) => record);
  return [...cache.builds(image)]
    .filter(({ record }) => record.state === 'deleting')
    .map(({ record: { id } }) => {
      const providers = new Set(uploads.filter(({ buildId }) => buildId === id).map(({ provider }) => provider));
      const waitsFor = providers.size === 0 ? 'its files' : `uploads in ${[...providers].sort().join(', ')}`;
      return { build: `${image}-${id}`, waitsFor };
    });
}
