import { tagKeys } from '@nodepool/driver-api';

/** Something in the cloud that carries tags. */
export interface Sighting {
  /** Stable over passes. */
  readonly id: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Nobody uses it, whatever the records say. */
  readonly unused?: boolean;
}

export interface LeakView<T extends Sighting> {
  readonly provider: string;
  readonly sightings: Iterable<T>;
  /** What the pass before found without a record. */
  readonly before: ReadonlySet<string>;
  readonly hasNode: (id: string) => boolean;
  /** @param key `<build id>-<upload id>`. */
  readonly hasUpload: (key: string) => boolean;
}

export interface LeakDecision<T extends Sighting> {
  /** Seen in two passes in a row: removed. */
  readonly leaked: readonly T[];
  /** For the next pass: seen for the first time, or still there. */
  readonly suspects: ReadonlySet<string>;
}

/**
 * Which resources have lost their record. Two sightings, because a listing and the records are not read at one moment.
 *
 * Source: docs/compatibility/launcher.md section 10.
 */
export function decideLeaks<T extends Sighting>(view: LeakView<T>): LeakDecision<T> {
  const suspects = new Set<string>();
  const leaked: T[] = [];
  for (const sighting of view.sightings) {
    if (!isOrphan(sighting, view)) continue;
    suspects.add(sighting.id);
    if (view.before.has(sighting.id)) leaked.push(sighting);
  }
  return { leaked, suspects };
}

function isOrphan({ tags, unused }: Sighting, view: LeakView<Sighting>): boolean {
  if (tags[tagKeys.providerName] !== view.provider) return false;
  if (unused === true) return true;
  const nodeId = tags[tagKeys.nodeId];
  if (nodeId !== undefined) return !view.hasNode(nodeId);
  const buildId = tags[tagKeys.buildId];
  const uploadId = tags[tagKeys.uploadId];
  return buildId !== undefined && uploadId !== undefined && !view.hasUpload(`${buildId}-${uploadId}`);
}
