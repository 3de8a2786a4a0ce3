import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Node } from '../api/types.js';
import { Age } from '../ui/age.js';
import { useApp } from '../ui/app-context.js';
import { Badge } from '../ui/badge.js';
import { type Column, DataTable } from '../ui/data-table.js';
import { Choice, SearchField } from '../ui/filter-fields.js';
import { NodeDialog } from '../ui/node-dialog.js';
import { countText } from '../view/duration.js';
import { choices, type NodeFilter, type NodeSort, nodeList, type Sorting } from '../view/node-list.js';
import { type Route, routeHash } from '../view/route.js';
import type { PageProps } from './page-props.js';

/** All nodes, narrowed and sorted as wanted. */
export function NodesPage({ snapshot: { nodes }, route }: PageProps): JSX.Element {
  const { go } = useApp();
  const [sorting, setSorting] = useState<Sorting<NodeSort>>({ key: 'id', descending: false });
  const filter = filterOf(route);
  const { text, state, provider, label } = filter;
  const rows = useMemo(
    () => nodeList(nodes.values(), { text, state, provider, label }, sorting),
    [nodes, text, state, provider, label, sorting],
  );
  const options = useMemo(() => optionsOf(nodes), [nodes]);
  const narrow = (change: Partial<NodeFilter>): void => {
    const { text: q, ...rest } = { ...filter, ...change };
    go(routeHash({ page: 'nodes', query: { q, ...rest } }));
  };
  const opened = route.id === undefined ? undefined : nodes.get(route.id);
  return (
    <>
      <search class="filters" aria-label="Filter nodes">
        <SearchField label="Find nodes" value={text} onInput={(value) => narrow({ text: value })} />
        <Choice label="State" value={state} options={options.states} onChoose={(value) => narrow({ state: value })} />
        <Choice
          label="Provider"
          value={provider}
          options={options.providers}
          onChoose={(value) => narrow({ provider: value })}
        />
        <Choice label="Label" value={label} options={options.labels} onChoose={(value) => narrow({ label: value })} />
        <output class="quiet">
          {countText(rows.length)} of {countText(nodes.size)}
        </output>
      </search>
      <DataTable
        label="Nodes"
        columns={columnsFor(route)}
        rows={rows}
        keyOf={({ id }) => id}
        sorting={sorting}
        onSort={setSorting}
        empty={nodes.size === 0 ? 'There are no nodes.' : 'No node fits the filter.'}
      />
      {route.id !== undefined && (
        <NodeDialog
          key={route.id}
          id={route.id}
          node={opened}
          onClose={() => go(routeHash({ page: 'nodes', query: route.query }))}
        />
      )}
    </>
  );
}

function filterOf({ query }: Route): NodeFilter {
  const { q = '', state = '', provider = '', label = '' } = query;
  return { text: q, state, provider, label };
}

function optionsOf(nodes: ReadonlyMap<string, Node>): {
  readonly states: readonly string[];
  readonly providers: readonly string[];
  readonly labels: readonly string[];
} {
  const all = [...nodes.values()];
  return {
    states: choices(all.map(({ state }) => state)),
    providers: choices(all.map(({ provider }) => provider)),
    labels: choices(all.flatMap(({ labels }) => labels)),
  };
}

function columnsFor(route: Route): readonly Column<Node, NodeSort>[] {
  return [
    {
      title: 'Node',
      rem: 8,
      sort: 'id',
      cell: ({ id }) => <a href={routeHash({ page: 'nodes', id, query: route.query })}>{id}</a>,
    },
    {
      title: 'State',
      rem: 9.5,
      sort: 'state',
      cell: ({ state, locked }) => <Badge state={state} note={locked ? 'locked' : undefined} />,
    },
    { title: 'Age', rem: 6, sort: 'age', end: true, cell: ({ state_time: since }) => <Age since={since} /> },
    { title: 'Label', rem: 12, fromRem: 32, sort: 'label', cell: ({ labels }) => labels.join(', ') },
    { title: 'Provider', rem: 12, fromRem: 48, sort: 'provider', cell: placeOf },
    { title: 'Address', rem: 11, fromRem: 62, cell: ({ interface_ip: ip }) => ip ?? '' },
    { title: 'Request', rem: 12, fromRem: 76, cell: requestOf },
    { title: 'Comment', rem: 14, fromRem: 96, cell: ({ comment, hold_job: job }) => comment ?? job ?? '' },
  ];
}

function placeOf({ provider, pool, az }: Node): string {
  return [provider ?? '', pool === null ? '' : `/${pool}`, az === null ? '' : ` ${az}`].join('');
}

function requestOf({ allocated_to: id }: Node): JSX.Element | string {
  return id === null ? '' : <a href={routeHash({ page: 'requests', id })}>{id}</a>;
}
