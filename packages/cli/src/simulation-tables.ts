import { renderTable } from '@nodepool/listings';
import type { LabelReport, PoolReport, Report } from '@nodepool/simulator';

/** A report of a simulation for people: waiting by label, then the use of every pool. */
export function reportTables({ all, labels, pools, startSec, endSec, seed }: Report): string {
  const span = `${timeText(startSec)} to ${timeText(endSec)}, seed ${seed}`;
  const waits = renderTable(
    ['Label', 'Requests', 'Fulfilled', 'Failed', 'Cancelled', 'Still waiting', 'p50 s', 'p95 s', 'p99 s', 'Longest s'],
    [...labels, { label: 'all', ...all }].map(labelRow),
  );
  const use = renderTable(
    ['Provider', 'Pool', 'max-servers', 'Nodes', 'Peak', 'In use', 'Full', 'Launches', 'Failed', 'Aborted', 'Wasted'],
    pools.map(poolRow),
  );
  return [span, waits, use].join('\n');
}

function labelRow(row: LabelReport): readonly string[] {
  const { label, requests, fulfilled, failed, cancelled, waiting, waitSec } = row;
  const counts = [requests, fulfilled, failed, cancelled, waiting].map(String);
  const waits = waitSec === null ? [] : [waitSec.p50, waitSec.p95, waitSec.p99, waitSec.max];
  return [label, ...counts, ...waits.map((value) => value.toFixed(1))];
}

function poolRow({ provider, pool, limits, nodes, inUse, waitingShare, launches, wasted }: PoolReport) {
  const { ready, failed, aborted } = launches;
  const { instances } = limits;
  return [
    provider,
    pool,
    instances === undefined ? 'unlimited' : String(instances),
    nodes.average.toFixed(1),
    String(nodes.peak),
    inUse.average.toFixed(1),
    `${(waitingShare * 100).toFixed(1)} %`,
    ...[ready + failed + aborted, failed, aborted, wasted].map(String),
  ];
}

function timeText(timeSec: number): string {
  return new Date(timeSec * 1000).toISOString().slice(0, 19).replace('T', ' ');
}
