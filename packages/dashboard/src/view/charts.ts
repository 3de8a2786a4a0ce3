import type { HistoryPoint } from '../api/types.js';

/** Columns of a chart: times, then one list of values for each series; null where there is none. */
export type ChartData = readonly [readonly number[], ...(readonly (number | null)[])[]];

const waiting = ['requested', 'pending'] as const;

/** Open requests, and the longest wait among them in minutes. */
export function queueData(points: readonly HistoryPoint[]): ChartData {
  return [
    points.map(({ time }) => time),
    points.map(({ requests }) => sum(requests, waiting)),
    points.map(({ oldest_wait: wait }) => (wait === null ? 0 : wait / 60)),
  ];
}

/** Machines that became ready and launches that failed, for each minute. */
export function launchData(points: readonly HistoryPoint[]): ChartData {
  const minutes = Map.groupBy(points, ({ time }) => Math.floor(time / 60) * 60);
  const groups = [...minutes.values()];
  return [
    [...minutes.keys()],
    groups.map((group) => group.reduce((total, { launched }) => total + launched, 0)),
    groups.map((group) => group.reduce((total, { failed }) => total + failed, 0)),
  ];
}

/** Nodes that are ready, in use, and on their way. */
export function nodeData(points: readonly HistoryPoint[]): ChartData {
  return [
    points.map(({ time }) => time),
    points.map(({ nodes }) => nodes['ready'] ?? 0),
    points.map(({ nodes }) => sum(nodes, ['in-use', 'used', 'hold'])),
    points.map(({ nodes }) => sum(nodes, ['init', 'building', 'testing'])),
  ];
}

/** The last values in words: what a chart says to those who cannot see it. */
export function chartSummary(names: readonly string[], [times, ...columns]: ChartData): string {
  if (times.length === 0) return 'nothing recorded yet';
  const seconds = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const parts = names.map((name, place) => {
    const values = (columns[place] ?? []).filter((value) => value !== null);
    return `${name} now ${round(values.at(-1) ?? 0)}, at most ${round(Math.max(0, ...values))}`;
  });
  return `last ${Math.max(1, Math.round(seconds / 60))} minutes: ${parts.join('; ')}`;
}

/** Points of a line in a box of 100 by 24, for SVG; empty when there is nothing to draw. */
export function sparkPoints(values: readonly number[], limit: number | undefined): string {
  if (values.length < 2) return '';
  const top = Math.max(1, limit ?? 0, ...values);
  return values
    .map((value, place) => `${round((place / (values.length - 1)) * 100)},${round(23 - (value / top) * 22)}`)
    .join(' ');
}

function sum(counts: Readonly<Record<string, number>>, names: readonly string[]): number {
  return names.reduce((total, name) => total + (counts[name] ?? 0), 0);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
