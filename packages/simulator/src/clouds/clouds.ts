import type { Resources } from '@nodepool/model';
import type { Random } from '@nodepool/runtime';
import { SimulatorError } from '../errors.js';
import type { LineOf, Span } from '../trace/schema.js';
import type { Workload } from '../trace/workload.js';
import { addAround, ByPlace } from './by-place.js';

/** How one launch ends, its attempts included. */
export interface LaunchEnd {
  readonly result: 'ready' | 'failed' | 'aborted';
  readonly afterMs: number;
}

type Behaviour = LineOf<'behaviour'>;

/**
 * The clouds and their users, as a trace knows them: what it says outright goes before what was seen, and what was
 * seen at the very place before what was seen elsewhere. What was seen is drawn from, so that its spread is kept.
 */
export class Clouds {
  readonly #random: Random;
  readonly #given = new ByPlace<Behaviour>();
  readonly #launches = new ByPlace<LaunchEnd>();
  readonly #boots = new ByPlace<number>();
  readonly #held = new ByPlace<number>();
  readonly #heldOf = new Map<string, number[]>();
  readonly #deletions = new ByPlace<number>();
  readonly #resources = new ByPlace<Resources>();

  constructor(workload: Pick<Workload, 'behaviours' | 'launches' | 'uses' | 'deletions'>, random: Random) {
    this.#random = random;
    for (const given of workload.behaviours) this.#given.add(given.provider, given.label, given);
    for (const { provider, label, result, tookSec, resources } of workload.launches) {
      const afterMs = tookSec * 1000;
      addAround(this.#launches, provider, label, { result, afterMs });
      if (result === 'ready') addAround(this.#boots, provider, label, afterMs);
      if (resources !== undefined) this.#resources.add(provider, label, resources);
    }
    for (const { provider, label, request, heldSec } of workload.uses) {
      addAround(this.#held, provider, label, heldSec * 1000);
      if (request !== null) this.#heldOf.set(request, [...(this.#heldOf.get(request) ?? []), heldSec * 1000]);
    }
    for (const { provider, label, tookSec } of workload.deletions) {
      addAround(this.#deletions, provider, label, tookSec * 1000);
    }
  }

  /** @throws SimulatorError `NP_SIMULATE_UNKNOWN`. */
  launch(provider: string, label: string): LaunchEnd {
    const given = this.#givenOf(provider, label, 'bootSec');
    const failureRate = this.#givenOf(provider, label, 'failureRate');
    if (given === undefined && failureRate === undefined) {
      return this.#seen(this.#launches, provider, label) ?? unknown('boots', 'bootSec', provider, label);
    }
    const afterMs =
      given === undefined
        ? (this.#seen(this.#boots, provider, label) ?? unknown('boots', 'bootSec', provider, label))
        : this.#draw(given);
    const fails = failureRate !== undefined && this.#random.next() < failureRate;
    return { result: fails ? 'failed' : 'ready', afterMs };
  }

  /**
   * How long a request uses one of its nodes, milliseconds.
   *
   * @param place of the node in the request.
   * @throws SimulatorError `NP_SIMULATE_UNKNOWN`.
   */
  heldMs(requestId: string, place: number, provider: string, label: string): number {
    const given = this.#givenOf(provider, label, 'heldSec');
    if (given !== undefined) return this.#draw(given);
    const own = this.#heldOf.get(requestId)?.[place];
    return own ?? this.#seen(this.#held, provider, label) ?? unknown('is used', 'heldSec', provider, label);
  }

  /** How long a deletion takes, milliseconds; none when nothing is known. */
  deleteMs(provider: string, label: string): number {
    const given = this.#givenOf(provider, label, 'deleteSec');
    return given === undefined ? (this.#seen(this.#deletions, provider, label) ?? 0) : this.#draw(given);
  }

  /** What one node takes; one instance when nothing else is known. The latest that was seen counts. */
  needed(provider: string, label: string): Resources {
    const given = this.#givenOf(provider, label, 'resources');
    if (given !== undefined) return given;
    for (const seen of this.#resources.from(provider, label)) return seen.at(-1) ?? {};
    return { instances: 1 };
  }

  #givenOf<Key extends keyof Behaviour>(provider: string, label: string, key: Key): Behaviour[Key] | undefined {
    for (const lines of this.#given.from(provider, label)) {
      const found = lines.findLast((line) => line[key] !== undefined);
      if (found !== undefined) return found[key];
    }
    return undefined;
  }

  #draw(span: Span): number {
    if (typeof span === 'number') return span * 1000;
    return (span.min + (span.max - span.min) * this.#random.next()) * 1000;
  }

  #seen<T>(known: ByPlace<T>, provider: string, label: string): T | undefined {
    for (const values of known.from(provider, label)) return values[Math.floor(this.#random.next() * values.length)];
    return undefined;
  }
}

function unknown(what: string, key: string, provider: string, label: string): never {
  throw new SimulatorError(
    'NP_SIMULATE_UNKNOWN',
    `the trace does not tell how long a node of label ${label} in ${provider} ${what}: record for longer, or add a ` +
      `line {"kind":"behaviour","label":${JSON.stringify(label)},"${key}":60}`,
  );
}
