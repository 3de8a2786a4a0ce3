import type { JSX } from 'preact';
import type { Component, Label } from '../api/types.js';
import { Badge } from '../ui/badge.js';
import { type Column, DataTable } from '../ui/data-table.js';
import { Panel } from '../ui/panel.js';
import type { PageProps } from './page-props.js';

/** Programs and pool workers that are alive, and the labels they offer. */
export function ComponentsPage({ snapshot: { components, labels } }: PageProps): JSX.Element {
  return (
    <div class="grid">
      <Panel title="Programs" wide>
        <DataTable
          label="Components"
          columns={componentColumns}
          rows={components}
          keyOf={({ kind, name }) => `${kind}/${name}`}
          empty="Nothing is running."
        />
      </Panel>
      <Panel title="Labels" wide>
        <DataTable
          label="Labels and their pools"
          columns={labelColumns}
          rows={labels}
          keyOf={({ name }) => name}
          empty="No label is configured or offered."
        />
      </Panel>
    </div>
  );
}

const componentColumns: readonly Column<Component, never>[] = [
  { title: 'Name', rem: 16, cell: ({ name }) => <span title={name}>{name}</span> },
  { title: 'Kind', rem: 7.5, cell: ({ kind }) => kind },
  { title: 'State', rem: 8, fromRem: 30, cell: ({ state }) => <Badge state={state} /> },
  { title: 'Host', rem: 14, fromRem: 42, cell: ({ hostname }) => hostname },
  { title: 'Version', rem: 8, fromRem: 56, cell: ({ version }) => version ?? 'unknown' },
];

const labelColumns: readonly Column<Label, never>[] = [
  { title: 'Label', rem: 16, cell: ({ name }) => name },
  { title: 'Ready', rem: 6, end: true, cell: ({ ready }) => String(ready) },
  { title: 'Kept ready', rem: 7, end: true, cell: ({ min_ready: kept }) => (kept === null ? 'unknown' : String(kept)) },
  {
    title: 'Offered by',
    rem: 24,
    fromRem: 34,
    cell: ({ pools }) => (pools.length === 0 ? 'nobody' : pools.join(', ')),
  },
];
