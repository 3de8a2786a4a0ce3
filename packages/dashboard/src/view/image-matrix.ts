import type { Build, Builder, BuildUnderWay, Image, ImageEvent, Upload, UploadUnderWay } from '../api/types.js';

/** Where an upload stands between the builds of its provider. */
export type Standing = 'current' | 'previous' | 'none';

/** One build in one provider. */
export interface Cell {
  readonly provider: string;
  readonly upload: Upload | undefined;
  readonly standing: Standing;
  readonly underWay: UploadUnderWay | undefined;
  readonly gate: Gate | undefined;
}

/** Verdict of the image gate on an upload. */
export interface Gate {
  readonly passed: boolean;
  readonly text: string | null;
}

export interface MatrixRow {
  readonly build: Build;
  readonly standing: Standing;
  readonly underWay: BuildUnderWay | undefined;
  readonly cells: readonly Cell[];
}

export interface ImageMatrix {
  readonly providers: readonly string[];
  /** The newest first. */
  readonly rows: readonly MatrixRow[];
}

/** Builds times providers. @param events the image's history, where it was read. */
export function imageMatrix(
  image: Image,
  builders: readonly Builder[],
  events: readonly ImageEvent[] = [],
): ImageMatrix {
  const uploads = image.builds.flatMap((build) => build.uploads);
  const providers = [...new Set([...image.providers, ...uploads.map(({ provider }) => provider)])].sort();
  const previous = new Set(providers.map((provider) => previousUpload(uploads, provider)));
  const ready = image.builds.filter(({ state }) => state === 'ready');
  const gates = gatesOf(events);
  const rows = image.builds.map((build): MatrixRow => {
    const standing = build.current ? 'current' : build === ready[1] ? 'previous' : 'none';
    const cells = providers.map((provider): Cell => {
      const upload = build.uploads.filter((one) => one.provider === provider).sort(newestFirst)[0];
      return {
        provider,
        upload,
        standing: upload?.current === true ? 'current' : previous.has(upload) && upload ? 'previous' : 'none',
        underWay: uploadUnderWay(builders, build, provider),
        gate: upload && gates.get(`${build.id}/${provider}/${upload.id}`),
      };
    });
    return { build, standing, underWay: buildUnderWay(builders, build), cells };
  });
  return { providers, rows };
}

function newestFirst(left: Upload, right: Upload): number {
  return right.state_time - left.state_time || (left.id < right.id ? 1 : -1);
}

/** What the provider goes back to when the current one is retired. */
function previousUpload(uploads: readonly Upload[], provider: string): Upload | undefined {
  return uploads
    .filter((upload) => upload.provider === provider && upload.state === 'ready' && !upload.current)
    .sort(newestFirst)[0];
}

function buildUnderWay(builders: readonly Builder[], { image, id }: Build): BuildUnderWay | undefined {
  for (const { builds } of builders) {
    const found = builds.find((one) => one.image === image && one.build_id === id);
    if (found !== undefined) return found;
  }
  return undefined;
}

function uploadUnderWay(
  builders: readonly Builder[],
  { image, id }: Build,
  provider: string,
): UploadUnderWay | undefined {
  for (const { uploads } of builders) {
    const found = uploads.find((one) => one.image === image && one.build_id === id && one.provider === provider);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Verdicts by `build/provider/upload`; the newest counts. */
function gatesOf(events: readonly ImageEvent[]): ReadonlyMap<string, Gate> {
  const gates = new Map<string, Gate>();
  for (const { kind, build_id: build, provider, upload_id: upload, text } of events) {
    if (kind !== 'gate-passed' && kind !== 'gate-refused') continue;
    const key = `${build}/${provider}/${upload}`;
    if (!gates.has(key)) gates.set(key, { passed: kind === 'gate-passed', text });
  }
  return gates;
}
