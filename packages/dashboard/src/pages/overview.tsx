import { durationText } from '@nodepool/runtime/duration-text';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { HistoryPoint, Situation } from '../api/types.js';
import type { Snapshot } from '../state/snapshot.js';
import { useApp, useObserved } from '../ui/app-context.js';
import { Badge } from '../ui/badge.js';
import { Chart } from '../ui/chart.js';
import { ImageAges } from '../ui/image-ages.js';
import { Meter } from '../ui/meter.js';
import { Empty, Panel } from '../ui/panel.js';
import { Sparkline } from '../ui/sparkline.js';
import { concernsOf } from '../view/attention.js';
import { type PoolRow, poolRows } from '../view/bars.js';
import { launchData, nodeData, queueData } from '../view/charts.js';
import { countOf, countText } from '../view/duration.js';
import type { PageProps } from './page-props.js';

/** How things stand at a glance. */
export function OverviewPage({ snapshot }: PageProps): JSX.Element {
  const { now, points, pools } = snapshot;
  const rows = useMemo(() => poolRows(pools, points), [pools, points]);
  return (
    <div class="grid">
      <Figures now={now} points={points} />
      <div class="stack">
        <Concerns snapshot={snapshot} />
        <ImageAges images={snapshot.images} builders={snapshot.builders} />
      </div>
      <Pools rows={rows} />
      <Charts points={points} />
    </div>
  );
}

function Figures({ now, points }: { readonly now: Situation; readonly points: readonly HistoryPoint[] }): JSX.Element {
  const nowSec = useObserved(useApp().nowSec);
  const { nodes, requests, oldest_request_time: since } = now;
  const total = Object.values(nodes).reduce((sum, count) => sum + count, 0);
  const launched = points.reduce((sum, point) => sum + point.launched, 0);
  const failed = points.reduce((sum, point) => sum + point.failed, 0);
  const open = (requests['requested'] ?? 0) + (requests['pending'] ?? 0);
  const states = ['ready', 'in-use', 'building', 'deleting', 'hold', 'failed']
    .filter((state) => (nodes[state] ?? 0) > 0)
    .map((state) => `${countText(nodes[state] ?? 0)} ${state}`);
  return (
    <dl class="figures wide">
      <Figure name="Nodes" value={countText(total)} note={states.join(', ') || 'none'} href="#/nodes" />
      <Figure
        name="Open requests"
        value={countText(open)}
        note={since === null ? 'nobody waits' : `longest wait ${durationText(nowSec - since)}`}
        href="#/requests"
      />
      <Figure name="Became ready" value={countText(launched)} note="nodes in the last hour" href="#/events" />
      <Figure
        name="Launches failed"
        value={countText(failed)}
        note={
          launched + failed === 0
            ? 'none tried in the last hour'
            : `of ${countText(launched + failed)} in the last hour`
        }
        href="#/events"
      />
    </dl>
  );
}

function Figure(props: {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  readonly href: string;
}): JSX.Element {
  return (
    <div class="figure">
      <dt>
        <a href={props.href}>{props.name}</a>
      </dt>
      <dd>
        <span class="value">{props.value}</span>
        <span class="note">{props.note}</span>
      </dd>
    </div>
  );
}

function Concerns({ snapshot }: { readonly snapshot: Snapshot }): JSX.Element {
  const nowSec = useObserved(useApp().nowSec);
  const concerns = concernsOf(snapshot, nowSec);
  return (
    <Panel title="Needs attention" aside={concerns.length > 0 && <span class="count">{concerns.length}</span>}>
      {concerns.length === 0 && <Empty>Nothing is wrong.</Empty>}
      <ul class="concerns">
        {concerns.map(({ severity, text, href }) => (
          <li key={text}>
            <Badge state={severity === 'bad' ? 'failed' : 'due'} word={severity === 'bad' ? 'problem' : 'notice'} />
            <a href={href}>{text}</a>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Pools({ rows }: { readonly rows: readonly PoolRow[] }): JSX.Element {
  return (
    <Panel title="Pools" aside={<span class="quiet">used and limit; instances in the last hour</span>}>
      {rows.length === 0 && <Empty>No launcher serves a pool.</Empty>}
      <ul class="pools">
        {rows.map((row) => (
          <li key={row.name} class="pool">
            <div class="pool-name">
              <strong>{row.name}</strong>
              {row.paused && <Badge state="paused" word="waits for quota" />}
              {row.launchers > 1 && <span class="quiet">{countOf(row.launchers, 'launcher')}</span>}
            </div>
            <div class="pool-bars">
              {row.bars.map((bar) => (
                <Meter key={bar.resource} bar={bar} of={row.name} />
              ))}
            </div>
            <Sparkline values={row.history} limit={row.bars[0]?.limit} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const queueSeries = [
  { name: 'open requests', color: '--accent' },
  { name: 'longest wait, minutes', color: '--warn' },
] as const;
const launchSeries = [
  { name: 'became ready', color: '--good', bars: true },
  { name: 'failed', color: '--bad', bars: true },
] as const;
const nodeSeries = [
  { name: 'ready', color: '--good' },
  { name: 'in use', color: '--used' },
  { name: 'on their way', color: '--busy' },
] as const;

function Charts({ points }: { readonly points: readonly HistoryPoint[] }): JSX.Element {
  const [nodes, queue, launches] = useMemo(() => [nodeData(points), queueData(points), launchData(points)], [points]);
  return (
    <div class="charts wide">
      <Panel title="Nodes over time">
        <Chart title="Nodes over time" series={nodeSeries} data={nodes} />
      </Panel>
      <Panel title="Queue over time">
        <Chart title="Queue over time" series={queueSeries} data={queue} />
      </Panel>
      <Panel title="Launches a minute">
        <Chart title="Launches a minute" series={launchSeries} data={launches} />
      </Panel>
    </div>
  );
}
