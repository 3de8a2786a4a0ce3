import type { DiskimageConfig } from '@nodepool/config';
import type { Decision } from '@nodepool/runtime';
import { busyRecheckMs, sweepMs } from '../context.js';
import type { BuildsView, ImageToBuild } from './view.js';

export interface BuildAction {
  readonly kind: 'build';
  readonly diskimage: DiskimageConfig;
  readonly formats: readonly string[];
  readonly reason: 'requested' | 'first' | 'age' | 'missing-format';
  /** The newest ready build that the decision was based on. */
  readonly after: string | undefined;
  readonly requestedAtMs: number | undefined;
}

/**
 * Which images to build now.
 *
 * Source: docs/compatibility/builder.md section 2.
 */
export function decideBuilds(view: BuildsView, nowMs: number): Decision<BuildAction> {
  const actions: BuildAction[] = [];
  let recheckAfterMs = sweepMs;
  for (const image of view.images) {
    const dueInMs = dueAfterMs(image, nowMs);
    if (dueInMs === undefined) continue;
    if (dueInMs > 0) recheckAfterMs = Math.min(recheckAfterMs, dueInMs);
    else if (actions.length < view.freeWorkers) actions.push(buildAction(image));
  }
  // Another builder may hold the lock of what we are about to start.
  if (actions.length > 0) recheckAfterMs = Math.min(recheckAfterMs, busyRecheckMs);
  return { actions, recheckAfterMs };
}

/** Milliseconds until the image should be built; undefined when only an event can make it due. */
function dueAfterMs(image: ImageToBuild, nowMs: number): number | undefined {
  if (image.paused || image.building || image.formats.length === 0) return undefined;
  const dueInMs = reasonToBuildNow(image) === undefined ? ageLeftMs(image, nowMs) : 0;
  return Math.max(0, dueInMs, image.delayMs);
}

function reasonToBuildNow(image: ImageToBuild): BuildAction['reason'] | undefined {
  if (image.requestedAtMs !== undefined) return 'requested';
  const { newestReady } = image;
  if (newestReady === undefined) return 'first';
  return image.formats.every((format) => newestReady.formats.includes(format)) ? undefined : 'missing-format';
}

function ageLeftMs({ newestReady, diskimage }: ImageToBuild, nowMs: number): number {
  return newestReady === undefined ? 0 : (newestReady.stateTimeSec + diskimage.rebuildAgeSec) * 1000 - nowMs;
}

function buildAction(image: ImageToBuild): BuildAction {
  return {
    kind: 'build',
    diskimage: image.diskimage,
    formats: image.formats,
    reason: reasonToBuildNow(image) ?? 'age',
    after: image.newestReady?.id,
    requestedAtMs: image.requestedAtMs,
  };
}
