import type { Decision } from '@nodepool/runtime';
import { busyRecheckMs, sweepMs } from '../context.js';
import type { UploadCandidate, UploadsView } from './view.js';

export interface UploadAction {
  readonly kind: 'upload';
  readonly image: string;
  readonly buildId: string;
  readonly provider: string;
}

/**
 * Which uploads to start now: those of the provider that has the fewest under way first, so that a slow cloud does not
 * keep the others waiting.
 *
 * Source: docs/compatibility/builder.md section 5.
 */
export function decideUploads(view: UploadsView): Decision<UploadAction> {
  const waiting: UploadAction[] = [];
  let recheckAfterMs = sweepMs;
  for (const candidate of view.candidates) {
    const action = actionFor(candidate);
    if (action === undefined) continue;
    if (candidate.delayMs > 0) recheckAfterMs = Math.min(recheckAfterMs, candidate.delayMs);
    else waiting.push(action);
  }
  const actions = share(waiting, view);
  // Another builder may hold the lock of what we are about to start.
  if (actions.length > 0) recheckAfterMs = Math.min(recheckAfterMs, busyRecheckMs);
  return { actions, recheckAfterMs };
}

function actionFor(candidate: UploadCandidate): UploadAction | undefined {
  const { provider, diskimage, paused, format, build, localFormats, uploaded, heldBack, running } = candidate;
  if (paused || uploaded || heldBack || running || build === undefined || localFormats === undefined) return undefined;
  if (!build.formats.includes(format)) return undefined;
  // The file went after the uploads of the day: a provider added since waits for the next build.
  if (diskimage.deleteAfterUpload && !localFormats.includes(format)) return undefined;
  return { kind: 'upload', image: diskimage.name, buildId: build.id, provider };
}

function share(waiting: readonly UploadAction[], view: UploadsView): readonly UploadAction[] {
  const load = new Map(view.runningByProvider);
  const rest = [...waiting];
  const chosen: UploadAction[] = [];
  while (chosen.length < view.freeWorkers && rest.length > 0) {
    let best = 0;
    for (const [place, { provider }] of rest.entries()) {
      if ((load.get(provider) ?? 0) < (load.get(rest[best]?.provider ?? '') ?? 0)) best = place;
    }
    for (const action of rest.splice(best, 1)) {
      load.set(action.provider, (load.get(action.provider) ?? 0) + 1);
      chosen.push(action);
    }
  }
  return chosen;
}
