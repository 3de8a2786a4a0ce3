import type { Clock, Counter, Gauge, Histogram, Metrics } from '@nodepool/runtime';

/** What was asked of a provider lately, and what came of it. */
export interface RecentCalls {
  /** Seconds that the figures are of. */
  readonly windowSec: number;
  readonly count: number;
  /** Calls that failed, by code of the error. */
  readonly failures: Readonly<Record<string, number>>;
  readonly meanSec: number | null;
  readonly longestSec: number | null;
  /** Resources without a record that were removed since the start. */
  readonly leaked: number;
}

/** Measurements of calls to providers, kept for a while. */
export interface RecentCallMetrics extends Metrics {
  /** Undefined when nothing was asked of the provider since the start. */
  of(provider: string): RecentCalls | undefined;
}

const slotMs = 10_000;
const slots = 60;

/** Outcomes that say nothing of a provider's health: what is deleted may be gone already. */
const harmless = new Set(['ok', 'aborted', 'not-found']);

interface Slot {
  readonly number: number;
  calls: number;
  timed: number;
  seconds: number;
  longest: number;
  readonly failures: Map<string, number>;
}

interface Kept {
  /** The oldest first, at most {@link slots} and the one that is being filled. */
  readonly slots: Slot[];
  leaked: number;
}

/**
 * Keeps ten minutes of the metrics `provider_calls_total`, `provider_call_seconds` and `provider_leaked_total` by provider, and nothing of others.
 * The figures change every ten seconds at most: what is shown of them is sent to every open dashboard.
 */
export function recentCallMetrics(clock: Clock): RecentCallMetrics {
  const providers = new Map<string, Kept>();
  const now = (): number => Math.floor(clock.monotonicMs() / slotMs);
  const keptOf = ({ provider = '' }: Labels): Kept => {
    const kept = providers.get(provider) ?? { slots: [], leaked: 0 };
    providers.set(provider, kept);
    return kept;
  };
  const counters: Readonly<Record<string, Counter>> = {
    provider_calls_total: {
      add: (amount, labels = {}) => {
        const slot = slotAt(keptOf(labels), now());
        const { result = '' } = labels;
        slot.calls += amount;
        if (!harmless.has(result)) slot.failures.set(result, (slot.failures.get(result) ?? 0) + amount);
      },
    },
    provider_leaked_total: {
      add: (amount, labels = {}) => {
        keptOf(labels).leaked += amount;
      },
    },
  };
  const timing: Histogram = {
    observe: (seconds, labels = {}) => {
      const slot = slotAt(keptOf(labels), now());
      slot.timed += 1;
      slot.seconds += seconds;
      slot.longest = Math.max(slot.longest, seconds);
    },
  };
  return {
    counter: ({ name }) => counters[name] ?? noCounter,
    gauge: () => noGauge,
    histogram: ({ name }) => (name === 'provider_call_seconds' ? timing : noHistogram),
    of: (provider) => {
      const kept = providers.get(provider);
      return kept && sumOf(kept, now());
    },
  };
}

type Labels = Readonly<Record<string, string>>;

const noCounter: Counter = { add: () => undefined };
const noGauge: Gauge = { set: () => undefined, replaceAll: () => undefined };
const noHistogram: Histogram = { observe: () => undefined };

function slotAt(kept: Kept, number: number): Slot {
  const last = kept.slots.at(-1);
  if (last?.number === number) return last;
  const slot: Slot = { number, calls: 0, timed: 0, seconds: 0, longest: 0, failures: new Map() };
  kept.slots.push(slot);
  if (kept.slots.length > slots + 1) kept.slots.shift();
  return slot;
}

function sumOf({ slots: all, leaked }: Kept, number: number): RecentCalls {
  const whole = all.filter((slot) => slot.number < number && slot.number >= number - slots);
  const failures: Record<string, number> = {};
  for (const slot of whole) for (const [code, count] of slot.failures) failures[code] = (failures[code] ?? 0) + count;
  const timed = whole.reduce((sum, slot) => sum + slot.timed, 0);
  return {
    windowSec: (slots * slotMs) / 1000,
    count: whole.reduce((sum, slot) => sum + slot.calls, 0),
    failures,
    meanSec: timed === 0 ? null : whole.reduce((sum, slot) => sum + slot.seconds, 0) / timed,
    longestSec: timed === 0 ? null : Math.max(...whole.map(({ longest }) => longest)),
    leaked,
  };
}
