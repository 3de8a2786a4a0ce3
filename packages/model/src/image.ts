/** States of a build. Source: docs/compatibility/zookeeper.md section 6.1. */
export const buildStates = ['building', 'ready', 'failed', 'deleting'] as const;

export type BuildState = (typeof buildStates)[number];

/** States of an upload. Source: docs/compatibility/zookeeper.md section 6.2. */
export const uploadStates = ['uploading', 'ready', 'failed', 'deleting'] as const;

export type UploadState = (typeof uploadStates)[number];

/** One result of building a diskimage. */
export interface ImageBuild {
  /** 32 hexadecimal digits; trees written by old releases hold ids of ten digits. */
  readonly id: string;
  readonly image: string;
  readonly state: BuildState;
  readonly stateTimeSec: number;
  /** FQDN of the builder. */
  readonly builder: string | null;
  readonly builderId: string | null;
  /** Sorted; empty when the build command failed. */
  readonly formats: readonly string[];
  readonly username: string | null;
  readonly pythonPath: string | null;
  readonly shellType: string | null;
}

/** One build in one provider. */
export interface ImageUpload {
  readonly id: string;
  readonly image: string;
  readonly buildId: string;
  readonly provider: string;
  readonly state: UploadState;
  readonly stateTimeSec: number;
  readonly externalId: string | null;
  readonly externalName: string | null;
  readonly format: string | null;
  readonly username: string | null;
  readonly pythonPath: string | null;
  readonly shellType: string | null;
  /** Why it failed, for people. Ours: the Python programs neither write nor keep it. */
  readonly failureReason: string | null;
}

/** The name operators use for a build: `<image>-<build id>`. */
export function buildName(build: Pick<ImageBuild, 'image' | 'id'>): string {
  return `${build.image}-${build.id}`;
}

/** The reverse of {@link buildName}: splits at the last dash, or returns undefined when there is none. */
export function parseBuildName(name: string): { readonly image: string; readonly buildId: string } | undefined {
  const dash = name.lastIndexOf('-');
  if (dash <= 0 || dash === name.length - 1) return undefined;
  return { image: name.slice(0, dash), buildId: name.slice(dash + 1) };
}

/** Order of recency, the newest first; the id decides between equals so that everybody comes to the same order. */
export function newestFirst<T extends { readonly stateTimeSec: number; readonly id: string }>(
  records: Iterable<T>,
): readonly T[] {
  return [...records].sort(
    (left, right) => right.stateTimeSec - left.stateTimeSec || (left.id < right.id ? 1 : left.id > right.id ? -1 : 0),
  );
}
