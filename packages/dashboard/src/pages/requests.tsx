import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { Age } from '../ui/age.js';
import { useApp } from '../ui/app-context.js';
import { Badge } from '../ui/badge.js';
import { type Column, DataTable } from '../ui/data-table.js';
import { Choice, SearchField } from '../ui/filter-fields.js';
import { RequestDialog } from '../ui/request-dialog.js';
import { countText } from '../view/duration.js';
import { type RequestRow, requestList } from '../view/request-list.js';
import { routeHash } from '../view/route.js';
import type { PageProps } from './page-props.js';

const states = ['open', 'requested', 'pending', 'fulfilled', 'failed'];

/** Who waits, the longest first. */
export function RequestsPage({ snapshot: { requests, nodes }, route }: PageProps): JSX.Element {
  const { go } = useApp();
  const { q = '', state = '' } = route.query;
  const rows = useMemo(() => requestList(requests.values(), { text: q, state }), [requests, q, state]);
  const narrow = (change: Readonly<Record<string, string>>): void =>
    go(routeHash({ page: 'requests', query: { q, state, ...change } }));
  return (
    <>
      <search class="filters" aria-label="Filter requests">
        <SearchField label="Find requests" value={q} onInput={(value) => narrow({ q: value })} />
        <Choice label="State" value={state} options={states} onChoose={(value) => narrow({ state: value })} />
        <output class="quiet">
          {countText(rows.length)} of {countText(requests.size)}
        </output>
      </search>
      <DataTable
        label="Requests"
        columns={columns}
        rows={rows}
        keyOf={({ request }) => request.id}
        empty={requests.size === 0 ? 'There are no requests.' : 'No request fits the filter.'}
      />
      {route.id !== undefined && (
        <RequestDialog
          key={route.id}
          id={route.id}
          request={requests.get(route.id)}
          nodes={nodes}
          onClose={() => go(routeHash({ page: 'requests', query: route.query }))}
        />
      )}
    </>
  );
}

const columns: readonly Column<RequestRow, never>[] = [
  {
    title: 'Request',
    rem: 10.5,
    cell: ({ request: { id } }) => <a href={routeHash({ page: 'requests', id })}>{id}</a>,
  },
  { title: 'State', rem: 7.5, cell: ({ request: { state } }) => <Badge state={state} /> },
  { title: 'Waits', rem: 6, end: true, cell: ({ open, since }) => (open ? <Age since={since} /> : '') },
  { title: 'Labels', rem: 16, fromRem: 32, cell: ({ request: { labels } }) => labels.join(', ') },
  {
    title: 'Requestor',
    rem: 14,
    fromRem: 50,
    cell: ({ request: { requestor }, isStock }) => (isStock ? 'stock (min-ready)' : (requestor ?? '')),
  },
  { title: 'Tenant', rem: 9, fromRem: 64, cell: ({ request: { tenant_name: tenant } }) => tenant ?? '' },
  {
    title: 'Declined by',
    rem: 8,
    fromRem: 74,
    end: true,
    cell: ({ request: { declined_by: declined } }) => (declined.length === 0 ? '' : `${declined.length}`),
  },
  { title: 'Priority', rem: 7, fromRem: 84, end: true, cell: ({ request }) => priorityText(request) },
];

function priorityText({
  priority,
  relative_priority: relative,
}: {
  readonly priority: string;
  readonly relative_priority: number;
}): string {
  return relative === 0 ? priority : `${priority} + ${relative}`;
}
