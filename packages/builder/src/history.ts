import type { ImageEvent, ImageEventKind } from '@nodepool/model';
import { type Clock, type Logger, nowSec } from '@nodepool/runtime';
import type { ImageHistory } from '@nodepool/store';

/** What an event is about. */
export type EventSubject = Pick<ImageEvent, 'image'> & Partial<Pick<ImageEvent, 'buildId' | 'provider' | 'uploadId'>>;

/** Events that may wait for ZooKeeper; those beyond are dropped. */
const pendingLimit = 200;

/** Writes the history of images on behalf of this builder, beside the work that it tells of: nothing waits for it. */
export class HistoryWriter {
  readonly #history: ImageHistory;
  readonly #by: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #pending = new Set<Promise<void>>();

  constructor(history: ImageHistory, by: string, clock: Clock, log: Logger) {
    this.#history = history;
    this.#by = by;
    this.#clock = clock;
    this.#log = log;
  }

  tell(kind: ImageEventKind, subject: EventSubject, text: string | null = null): void {
    if (this.#pending.size >= pendingLimit) return;
    const { image, buildId = null, provider = null, uploadId = null } = subject;
    const event = { image, kind, timeSec: nowSec(this.#clock), buildId, provider, uploadId, by: this.#by, text };
    const written = this.#history
      .append(event)
      .catch((error: unknown) => this.#log.debug({ image, kind, error }, 'history was not written'))
      .finally(() => this.#pending.delete(written));
    this.#pending.add(written);
  }

  /** Resolves when everything told so far is written, or could not be. */
  async idle(): Promise<void> {
    await Promise.all(this.#pending);
  }
}
