import { type ProviderErrorCode, providerErrorCode } from '@nodepool/driver-api';
import type { GlanceImage } from './image.js';

/** What the cloud says of an image whose data did not arrive as they should. */
export interface AfterCut {
  readonly error: unknown;
  /** HTTP status of the failed request; undefined when there was no answer. */
  readonly httpStatus: number | undefined;
  /** Undefined when the cloud has no such image any more. */
  readonly image: GlanceImage | undefined;
  /** Times that the data have been sent, from 1. */
  readonly sent: number;
  /** Whether the cloud offers to import staged data. */
  readonly canStage: boolean;
}

export type NextStep = 'send-again' | 'stage' | 'wait' | 'verify' | 'give-up';

/** How often the data of one image are sent at most: a cloud that always breaks off must not keep a worker busy. */
export const mostSends = 3;

const worthRepeating: ReadonlySet<ProviderErrorCode> = new Set(['transient', 'rate-limited']);

/** Statuses of a cloud that takes no data directly. */
const refusals: ReadonlySet<number | undefined> = new Set([403, 405, 501]);

/** What to do with an image whose upload was cut off. Never leads to an image that is active without being verified. */
export function decideAfterCut({ error, httpStatus, image, sent, canStage }: AfterCut): NextStep {
  switch (image?.status) {
    case 'queued':
      if (refusals.has(httpStatus)) return canStage ? 'stage' : 'give-up';
      return worthRepeating.has(providerErrorCode(error)) && sent < mostSends ? 'send-again' : 'give-up';
    case 'saving':
    case 'uploading':
      // The cloud has not noticed yet that nothing more comes; it then goes back to `queued`.
      return worthRepeating.has(providerErrorCode(error)) ? 'wait' : 'give-up';
    case 'active':
      // Everything had arrived, and only the answer was lost; or what had arrived was taken for everything.
      return 'verify';
    default:
      return 'give-up';
  }
}

/** Statuses that an image never leaves by itself, other than `active`. Source: Image API v2, "Image status". */
const ended: ReadonlySet<string> = new Set(['killed', 'deleted', 'pending_delete', 'deactivated', 'error']);

export type Readiness = { readonly kind: 'active' | 'pending' } | { readonly kind: 'failed'; readonly why: string };

/** How far an image has come whose data have been sent. */
export function decideReadiness(image: GlanceImage): Readiness {
  if (image.status === 'active') return { kind: 'active' };
  if (image.os_glance_failed_import) return { kind: 'failed', why: 'the import into its store failed' };
  return ended.has(image.status) ? { kind: 'failed', why: `its status became ${image.status}` } : { kind: 'pending' };
}
