import type { ImageEvent, ImageEventKind } from '@nodepool/model';
import { type Clock, nowSec, type Random } from '@nodepool/runtime';
import type { Store } from '@nodepool/store';

/** On whose behalf, and with what, something is done. */
export interface OperatorContext {
  readonly store: Pick<Store, 'nodes' | 'requests' | 'images' | 'imageHistory'>;
  readonly clock: Clock;
  readonly random: Random;
  /** Whom the history names: `<user>@<host>`, or `<token>@web`. */
  readonly operator: string;
  readonly signal: AbortSignal;
  /** Told what did not stop the operation and somebody should know. */
  readonly warn: (text: string) => void;
}

/** What an event is about. */
export type EventSubject = Pick<ImageEvent, 'image'> & Partial<Pick<ImageEvent, 'buildId' | 'provider' | 'uploadId'>>;

/** Notes who did something to an image, and why. What was done stands without it: never rejects. */
export async function tellHistory(
  { store, clock, operator, warn }: OperatorContext,
  kind: ImageEventKind,
  { image, buildId = null, provider = null, uploadId = null }: EventSubject,
  text: string | null = null,
): Promise<void> {
  const event = { image, kind, timeSec: nowSec(clock), buildId, provider, uploadId, by: operator, text };
  await store.imageHistory.append(event).catch(() => warn(`the history of ${image} could not be written`));
}
