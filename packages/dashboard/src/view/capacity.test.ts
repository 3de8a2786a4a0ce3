import { describe, expect, it } from 'vitest';
import type { HistoryPoint } from '../api/types.js';
import { aPool } from '../testing/samples.js';
import { amountText, barOf, barsOf, poolRows } from './bars.js';
import { chartSummary, launchData, nodeData, queueData, sparkPoints } from './charts.js';

function aPoint(overrides: Partial<HistoryPoint>): HistoryPoint {
  return { time: 0, nodes: {}, requests: {}, oldest_wait: null, launched: 0, failed: 0, used: {}, ...overrides };
}

describe('bars', () => {
  it.each([
    [3, 10, 0.3, 'calm'],
    [8, 10, 0.8, 'near'],
    [12, 10, 1, 'full'],
    [0, 0, 1, 'full'],
    [7, undefined, 0, 'calm'],
  ] as const)('show %d of %s', (used, limit, share, tone) => {
    expect(barOf('instances', used, limit)).toEqual({ resource: 'instances', used, limit, share, tone });
  });

  it('begin with instances and leave out what is neither limited nor used', () => {
    const bars = barsOf({ ram: 1, volumes: 0, cores: 2 }, { gpus: 4 });

    expect(bars.map(({ resource }) => resource)).toEqual(['instances', 'cores', 'ram', 'gpus']);
  });

  it('are one row for a pool that several launchers serve', () => {
    const pools = [aPool({ limits: {} }), aPool({ id: 'other', paused: true }), aPool({ name: 'a' })];

    const rows = poolRows(pools, [aPoint({ used: { 'cloud-a/main': 2 } }), aPoint({})]);

    expect(rows.map(({ name, launchers, paused }) => [name, launchers, paused])).toEqual([
      ['cloud-a/a', 1, false],
      ['cloud-a/main', 2, true],
    ]);
    expect(rows[1]?.history).toEqual([2, 0]);
    expect(rows[1]?.bars[0]?.limit).toBe(10);
  });

  it('write memory in units', () => {
    expect([amountText('ram', 8_192), amountText('ram', 65_536), amountText('cores', 4)]).toEqual([
      '8192 MiB',
      '64 GiB',
      '4',
    ]);
  });
});

describe('charts', () => {
  const points = [
    aPoint({ time: 0, launched: 1, requests: { requested: 2, pending: 1 }, oldest_wait: 120 }),
    aPoint({ time: 30, launched: 2, failed: 1, nodes: { ready: 5, hold: 1, 'in-use': 2, init: 1 } }),
    aPoint({ time: 60, launched: 4 }),
  ];

  it('count launches by minute', () => {
    expect(launchData(points)).toEqual([
      [0, 60],
      [3, 4],
      [1, 0],
    ]);
  });

  it('show open requests and the longest wait in minutes', () => {
    expect(queueData(points).slice(1)).toEqual([
      [3, 0, 0],
      [2, 0, 0],
    ]);
  });

  it('show nodes that are ready, in use, on their way', () => {
    expect(nodeData(points).map((column) => column[1])).toEqual([30, 5, 3, 1]);
  });

  it('say in words what they show', () => {
    expect(chartSummary(['ready', 'failed'], launchData(points))).toBe(
      'last 1 minutes: ready now 4, at most 4; failed now 0, at most 1',
    );
    expect(chartSummary(['ready'], [[], []])).toBe('nothing recorded yet');
  });

  it('draw a line as high as the limit', () => {
    expect(sparkPoints([0, 10], 10)).toBe('0,23 100,1');
    expect(sparkPoints([1], 10)).toBe('');
  });
});
