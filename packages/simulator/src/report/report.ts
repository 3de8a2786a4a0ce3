import type { Resources } from '@nodepool/model';

export interface RequestCounts {
  readonly requests: number;
  readonly fulfilled: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Still open when nothing more was going to happen, or the time was up. */
  readonly waiting: number;
}

/** Of the requests that were fulfilled, from their creation on; null when none was. */
export interface WaitTimes {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface LabelReport extends RequestCounts {
  readonly label: string;
  readonly waitSec: WaitTimes | null;
}

export interface PoolReport {
  readonly provider: string;
  readonly pool: string;
  readonly limits: Resources;
  /** Nodes of any state, over the time of the trace. */
  readonly nodes: { readonly average: number; readonly peak: number; readonly series: readonly number[] };
  /** Nodes that somebody uses. */
  readonly inUse: { readonly average: number; readonly peak: number; readonly series: readonly number[] };
  /** Share of the time in which a request waited for room here, 0 to 1. */
  readonly waitingShare: number;
  readonly launches: { readonly ready: number; readonly failed: number; readonly aborted: number };
  /** Launches that have served nobody: failed, or deleted unused. */
  readonly wasted: number;
}

/** What a simulation has come to. Times of the standing stock are not among the waiting times. */
export interface Report {
  readonly seed: number;
  /** Of the first and the last request, seconds since the epoch. */
  readonly startSec: number;
  readonly endSec: number;
  /** Length of one part of every series, seconds. */
  readonly seriesSec: number;
  readonly all: Omit<LabelReport, 'label'>;
  readonly labels: readonly LabelReport[];
  readonly pools: readonly PoolReport[];
}

/** Quantiles by nearest rank; null of nothing. */
export function waitTimes(waitsSec: readonly number[]): WaitTimes | null {
  const sorted = waitsSec.toSorted((left, right) => left - right);
  const max = sorted.at(-1);
  if (max === undefined) return null;
  const quantile = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? max;
  return { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), max };
}
