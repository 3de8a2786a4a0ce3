import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Happening, HappeningKind } from '../state/happenings.js';
import { Age, timeText } from '../ui/age.js';
import { Badge } from '../ui/badge.js';
import { type Column, DataTable } from '../ui/data-table.js';
import { Choice, SearchField } from '../ui/filter-fields.js';
import { routeHash } from '../view/route.js';
import type { PageProps } from './page-props.js';

const kinds: readonly HappeningKind[] = ['node', 'request', 'image', 'provider'];

/** What changes, as it changes, since this tab was opened. */
export function EventsPage({ snapshot: { happenings } }: PageProps): JSX.Element {
  const [isHeld, setHeld] = useState(false);
  const [text, setText] = useState('');
  const [kind, setKind] = useState('');
  const held = useRef(happenings);
  if (!isHeld) held.current = happenings;
  const words = text.trim().toLowerCase();
  const rows = held.current.filter(
    (one) =>
      (kind === '' || one.kind === kind) &&
      (words === '' || `${one.subject} ${one.text}`.toLowerCase().includes(words)),
  );
  return (
    <>
      <search class="filters" aria-label="Filter events">
        <SearchField label="Find events" value={text} onInput={setText} />
        <Choice label="Kind" value={kind} options={kinds} onChoose={setKind} />
        <button type="button" aria-pressed={isHeld} onClick={() => setHeld(!isHeld)}>
          Pause list
        </button>
        <output class="quiet">{rows.length} events since this tab was opened, 500 at most</output>
      </search>
      <DataTable
        label="Events"
        columns={columns}
        rows={rows}
        keyOf={({ number }) => String(number)}
        empty="Nothing has changed since this tab was opened."
      />
    </>
  );
}

const columns: readonly Column<Happening, never>[] = [
  { title: 'Subject', rem: 13, cell: (one) => <a href={hrefOf(one)}>{one.subject}</a> },
  { title: 'Kind', rem: 6, fromRem: 42, cell: ({ kind }) => kind },
  { title: 'What', rem: 26, cell: ({ text }) => <span title={text}>{text}</span> },
  { title: 'State', rem: 7, fromRem: 50, cell: ({ state }) => state !== null && <Badge state={state} /> },
  { title: 'Age', rem: 5.5, end: true, cell: ({ time }) => <Age since={time} /> },
  { title: 'Time', rem: 12, fromRem: 64, cell: ({ time }) => timeText(time) },
];

function hrefOf({ kind, subject }: Happening): string {
  return routeHash({ page: `${kind}s`, id: subject });
}
