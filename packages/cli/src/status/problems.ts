import { newestFirst } from '@nodepool/model';
import type { ImageSnapshot, Snapshot } from '../snapshot.js';

/** Something that an operator should look at. */
export interface Problem {
  readonly what: string;
  /** Seconds since the epoch; null when nothing tells. */
  readonly sinceSec: number | null;
}

/** A wait that no working system shows, seconds. */
const longWaitSec = 600;
/** A deletion that long has met an error at the cloud, or nobody is there to do it, seconds. */
const longDeletionSec = 3_600;

/** What is wrong, as far as the tree and the configuration tell. */
export function findProblems(snapshot: Snapshot): readonly Problem[] {
  const { configProblem, unreadable } = snapshot;
  return [
    ...(configProblem === undefined ? [] : [lasting(`the configuration cannot be read: ${configProblem}`)]),
    ...missingDaemons(snapshot),
    ...pausedPools(snapshot),
    ...longWaits(snapshot),
    ...longDeletions(snapshot),
    ...snapshot.images.flatMap((image) => imageProblems(image, snapshot)),
    ...missingImages(snapshot),
    ...unreadable.map(({ path, reason, mtimeMs }) => ({ what: `${path}: ${reason}`, sinceSec: mtimeMs / 1000 })),
  ];
}

function lasting(what: string): Problem {
  return { what, sinceSec: null };
}

function missingDaemons({ config, launchers, builders, pools }: Snapshot): readonly Problem[] {
  const configured = [...(config?.providers.values() ?? [])];
  const unserved = configured.flatMap((provider) =>
    provider.pools
      .filter(({ name }) => !pools.some((pool) => pool.providerName === provider.name && pool.name === name))
      .map(({ name }) => lasting(`no launcher serves pool ${provider.name}/${name}`)),
  );
  const hasImages = (config?.diskimages.size ?? 0) > 0;
  return [
    ...(launchers.length === 0 ? [lasting('no launcher is running')] : unserved),
    ...(builders.length === 0 && hasImages ? [lasting('no builder is running')] : []),
  ];
}

function pausedPools({ pools }: Snapshot): readonly Problem[] {
  return pools
    .filter(({ paused }) => paused)
    .map(({ providerName, name }) => lasting(`pool ${providerName}/${name} is full: its next request waits`));
}

function longWaits({ requests, nowSec }: Snapshot): readonly Problem[] {
  const since = requests
    .filter(({ state }) => state === 'requested' || state === 'pending')
    .map(({ createdTimeSec, stateTimeSec }) => createdTimeSec ?? stateTimeSec)
    .filter((sec) => nowSec - sec > longWaitSec);
  if (since.length === 0) return [];
  const minutes = longWaitSec / 60;
  return [{ what: `waiting for more than ${minutes} minutes: ${since.length} requests`, sinceSec: Math.min(...since) }];
}

function longDeletions({ nodes, nowSec }: Snapshot): readonly Problem[] {
  return nodes
    .filter(({ state, stateTimeSec }) => state === 'deleting' && nowSec - stateTimeSec > longDeletionSec)
    .map(({ id, provider, stateTimeSec }) => ({
      what: `node ${id} of ${provider} is not deleted yet`,
      sinceSec: stateTimeSec,
    }));
}

function imageProblems({ image, paused, builds }: ImageSnapshot, { config, nowSec }: Snapshot): readonly Problem[] {
  const diskimage = config?.diskimages.get(image);
  if (diskimage === undefined) return [];
  const [newest] = newestFirst(builds.filter(({ state }) => state === 'ready' || state === 'failed'));
  const failed =
    newest?.state === 'failed' ? [{ what: `the last build of ${image} failed`, sinceSec: newest.stateTimeSec }] : [];
  const [ready] = newestFirst(builds.filter(({ state }) => state === 'ready'));
  const dueSec = (ready?.stateTimeSec ?? nowSec) + diskimage.rebuildAgeSec;
  // A build takes its time: an image is late once another whole period has passed.
  const isLate = nowSec > dueSec + diskimage.rebuildAgeSec && !paused && !diskimage.pause;
  return [...failed, ...(isLate ? [{ what: `${image} should have been built again`, sinceSec: dueSec }] : [])];
}

function missingImages({ config, images }: Snapshot): readonly Problem[] {
  return [...(config?.providers.values() ?? [])].flatMap((provider) =>
    provider.diskimages.flatMap(({ name, pause }) => {
      const uploads = images.find(({ image }) => image === name)?.uploads ?? [];
      const isThere = uploads.some((upload) => upload.provider === provider.name && upload.state === 'ready');
      return isThere || pause ? [] : [lasting(`${provider.name} has no ready upload of ${name}`)];
    }),
  );
}
