import { backoffMs, type Clock, type Logger, untilAborted } from '@nodepool/runtime';
import type { Store } from '@nodepool/store';
import type { Tasks } from '../tasks.js';

export interface ElectionsDeps {
  readonly store: Pick<Store, 'elect'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tasks: Tasks;
  /** Who stands for election, for people who look at the lock: `<host name>-<pid>`. */
  readonly candidate: string;
  /** A label was won or lost. */
  readonly onChange: () => void;
}

const retryBackoff = { initialMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0 };

/**
 * One keeper of the standing stock per label over all launchers, so that every launcher may have the label in its
 * configuration. Each label is an election of its own; a launcher stands for those that its pools offer.
 */
export class StockElections {
  readonly #deps: ElectionsDeps;
  readonly #candidacies = new Map<string, AbortController>();
  readonly #led = new Set<string>();

  constructor(deps: ElectionsDeps) {
    this.#deps = deps;
  }

  /** This launcher keeps the stock of the label. */
  leads(label: string): boolean {
    return this.#led.has(label);
  }

  /** Stands for these labels and for no others. */
  standFor(labels: ReadonlySet<string>): void {
    for (const [label, candidacy] of this.#candidacies) {
      if (labels.has(label)) continue;
      this.#candidacies.delete(label);
      candidacy.abort(new DOMException('the label is not kept here any more', 'AbortError'));
    }
    for (const label of labels) {
      if (this.#candidacies.has(label)) continue;
      const candidacy = new AbortController();
      this.#candidacies.set(label, candidacy);
      this.#deps.tasks.start('standing for election', () => this.#run(label, candidacy.signal));
    }
  }

  async #run(label: string, signal: AbortSignal): Promise<void> {
    const { store, clock, log, candidate } = this.#deps;
    const lead = (elected: AbortSignal): Promise<void> => this.#lead(label, elected);
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        await store.elect(`min-ready-${label}`, candidate, lead, signal);
      } catch (error) {
        log.warn({ label, error }, 'election of the keeper of a standing stock failed');
        await clock.sleep(backoffMs(retryBackoff, failures, 0), signal).catch(() => undefined);
      }
    }
  }

  async #lead(label: string, elected: AbortSignal): Promise<void> {
    const { log, onChange } = this.#deps;
    log.info({ label }, 'keeps standing stock');
    this.#led.add(label);
    onChange();
    await untilAborted(elected);
    this.#led.delete(label);
    onChange();
  }
}
