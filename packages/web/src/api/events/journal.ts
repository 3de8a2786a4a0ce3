import { GatheredChanges } from './changes.js';

export interface JournalLimits {
  readonly frames: number;
  /** Ids over all frames. */
  readonly ids: number;
}

/** Five minutes of frames at full rate, and a few megabytes. */
export const usualJournalLimits: JournalLimits = { frames: 1_200, ids: 100_000 };

/**
 * What changed in which frame, for clients that come back. Ids alone are kept: who missed several frames gets one, of the
 * records as they are now.
 */
export class Journal {
  readonly #epoch: string;
  readonly #limits: JournalLimits;
  readonly #frames: GatheredChanges[] = [];
  /** Frames that were dropped from the front. */
  #dropped = 0;
  #ids = 0;

  /** @param epoch tells this process from every other. */
  constructor(epoch: string, limits: JournalLimits) {
    this.#epoch = epoch;
    this.#limits = limits;
  }

  /** Number of the latest frame; 0 before the first. */
  get latest(): number {
    return this.#dropped + this.#frames.length;
  }

  /** The event id of a frame. */
  idOf(frame: number): string {
    return `${this.#epoch}-${frame}`;
  }

  /** Appends a frame and returns its number. */
  append(changes: GatheredChanges): number {
    this.#frames.push(changes);
    this.#ids += changes.size;
    while (this.#frames.length > this.#limits.frames || (this.#ids > this.#limits.ids && this.#frames.length > 1)) {
      this.#ids -= this.#frames.shift()?.size ?? 0;
      this.#dropped += 1;
    }
    return this.latest;
  }

  /** All that changed after the frame with this event id; undefined when that is no longer known. */
  since(eventId: string): GatheredChanges | undefined {
    const [, epoch, digits] = /^(\w+)-(\d{1,15})$/.exec(eventId) ?? [];
    const frame = Number(digits);
    if (epoch !== this.#epoch || frame > this.latest || frame < this.#dropped) return undefined;
    const changes = new GatheredChanges();
    for (const missed of this.#frames.slice(frame - this.#dropped)) changes.add(missed);
    return changes;
  }
}
