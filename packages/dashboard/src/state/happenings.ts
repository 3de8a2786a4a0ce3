import type { Build, EventFrame, Image, Upload } from '../api/types.js';
import type { Snapshot } from './snapshot.js';

/** Something that changed, as the page of events tells it. */
export interface Happening {
  /** Counts up; tells entries apart. */
  readonly number: number;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly kind: HappeningKind;
  /** Id of the node or request, name of the image or provider. */
  readonly subject: string;
  readonly text: string;
  /** The state it is in now, where that has one. */
  readonly state: string | null;
}

export type HappeningKind = 'node' | 'request' | 'image' | 'provider';

/** Most that are kept. */
export const maxHappenings = 500;

type Told = Omit<Happening, 'number' | 'time'>;

/** What a frame changes of a snapshot, in words. */
export function happeningsOf(before: Snapshot, frame: EventFrame, time: number): readonly Happening[] {
  const told = [...nodesTold(before, frame), ...requestsTold(before, frame), ...imagesTold(before, frame)];
  const all = [...told, ...providersTold(before, frame)];
  const next = (before.happenings[0]?.number ?? 0) + 1;
  return all.map((entry, place) => ({ ...entry, number: next + place, time })).reverse();
}

function nodesTold(before: Snapshot, { nodes = [], gone }: EventFrame): readonly Told[] {
  const changed = nodes.flatMap(({ id, state, labels, pool, provider }): readonly Told[] => {
    const was = before.nodes.get(id)?.state;
    if (was === state) return [];
    const place = provider === null ? '' : ` in ${provider}${pool === null ? '' : `/${pool}`}`;
    const text = was === undefined ? `new: ${labels.join(', ')}${place}` : `${was}, now ${state}${place}`;
    return [{ kind: 'node', subject: id, text, state }];
  });
  const ended = (gone?.nodes ?? []).filter((id) => before.nodes.has(id));
  return [...changed, ...ended.map((id) => goneEntry('node', id))];
}

function requestsTold(before: Snapshot, { requests = [], gone }: EventFrame): readonly Told[] {
  const changed = requests.flatMap(({ id, state, labels, requestor }): readonly Told[] => {
    const was = before.requests.get(id)?.state;
    if (was === state) return [];
    const text = was === undefined ? `new: ${labels.join(', ')} for ${requestor ?? 'nobody'}` : `${was}, now ${state}`;
    return [{ kind: 'request', subject: id, text, state }];
  });
  const ended = (gone?.requests ?? []).filter((id) => before.requests.has(id));
  return [...changed, ...ended.map((id) => goneEntry('request', id))];
}

function goneEntry(kind: HappeningKind, subject: string): Told {
  return { kind, subject, text: 'gone', state: null };
}

function imagesTold(before: Snapshot, { images = [] }: EventFrame): readonly Told[] {
  return images.flatMap((image) => imageTold(before.images.get(image.name), image));
}

function imageTold(before: Image | undefined, image: Image): readonly Told[] {
  const told: Told[] = [];
  const tell = (text: string, state: string | null): number =>
    told.push({ kind: 'image', subject: image.name, text, state });
  if (before !== undefined && before.paused !== image.paused) {
    tell(image.paused ? 'paused' : 'no longer paused', null);
  }
  if (image.build_requested_time !== null && (before?.build_requested_time ?? null) === null) {
    tell('build requested', null);
  }
  const builds = new Map((before?.builds ?? []).map((build) => [build.id, build]));
  for (const build of image.builds) {
    const was = builds.get(build.id);
    if (was?.state !== build.state) tell(`build ${shortId(build.id)} ${build.state}`, build.state);
    uploadsTold(was, build, tell);
  }
  return told;
}

function uploadsTold(
  before: Build | undefined,
  build: Build,
  tell: (text: string, state: string | null) => number,
): void {
  const was = new Map((before?.uploads ?? []).map((upload) => [keyOf(upload), upload]));
  for (const upload of build.uploads) {
    if (was.get(keyOf(upload))?.state === upload.state) continue;
    const reason = upload.reason === null ? '' : `: ${upload.reason}`;
    tell(`build ${shortId(build.id)} in ${upload.provider} ${upload.state}${reason}`, upload.state);
  }
}

function keyOf({ provider, id }: Upload): string {
  return `${provider}/${id}`;
}

function providersTold(before: Snapshot, { providers = [] }: EventFrame): readonly Told[] {
  const known = new Map(before.providers.map((provider) => [provider.name, provider]));
  return providers.flatMap(({ name, problem }): readonly Told[] => {
    const was = known.get(name)?.problem ?? null;
    if (was === problem) return [];
    return [
      { kind: 'provider', subject: name, text: problem ?? 'well again', state: problem === null ? 'ok' : 'failed' },
    ];
  });
}

/** Ids of builds are 32 digits; eight tell them apart for people. */
export function shortId(id: string): string {
  return id.length > 12 ? id.slice(0, 8) : id;
}
