import { formatAge, renderTable } from '@nodepool/listings';
import type { DaemonStatus, PoolStatus, Status } from './summarise.js';

const barWidth = 20;

/** One screen for people. */
export function statusText(status: Status, nowMs: number): string {
  const { launchers, builders, pools, images, queue, problems } = status;
  const age = (sec: number | null): string => (sec === null ? '' : formatAge(sec, nowMs));
  const oldest = queue.oldest === null ? '' : `, oldest ${queue.oldest.id} since ${age(queue.oldest.since)}`;
  return [
    `Launchers: ${daemons(launchers)}`,
    `Builders:  ${daemons(builders)}`,
    `Queue:     ${queue.requested} requested, ${queue.pending} pending${oldest}`,
    '',
    renderTable(['Provider', 'Pool', 'Nodes', '', 'Full'], pools.map(poolRow)),
    renderTable(
      ['Image', 'Age', 'Ready in', 'Paused'],
      images.map(({ image, built, providers, paused }) => [
        image,
        age(built),
        providers.join(','),
        paused ? 'paused' : '',
      ]),
    ),
    problems.length === 0
      ? 'Nothing is wrong.'
      : renderTable(
          ['Problem', 'Since'],
          problems.map(({ what, since }) => [what, age(since)]),
        ),
  ].join('\n');
}

function daemons(list: readonly DaemonStatus[]): string {
  if (list.length === 0) return 'none';
  return list
    .map(({ hostname, state, version }) => `${hostname} (${[state, version ?? ''].join(' ').trim()})`)
    .join(', ');
}

function poolRow({ provider, pool, used, limit, paused }: PoolStatus): readonly string[] {
  return [provider, pool, limit === null ? `${used}` : `${used}/${limit}`, bar(used, limit), paused ? 'yes' : ''];
}

function bar(used: number, limit: number | null): string {
  if (limit === null || limit <= 0) return '';
  const filled = Math.min(barWidth, Math.ceil((used / limit) * barWidth));
  return `${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}`;
}
