import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Sorting } from '../view/node-list.js';
import { rowStep, virtualWindow } from '../view/virtual-window.js';
import { Empty } from './panel.js';

export interface Column<Row, Key extends string> {
  readonly title: string;
  /** Width in rem; the rest is shared by this proportion. */
  readonly rem: number;
  /** Left out where the table is narrower than so many rem. */
  readonly fromRem?: number;
  readonly sort?: Key;
  readonly end?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
}

export interface DataTableProps<Row, Key extends string> {
  readonly label: string;
  /** The first names the row. */
  readonly columns: readonly Column<Row, Key>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly sorting?: Sorting<Key>;
  readonly onSort?: (sorting: Sorting<Key>) => void;
  /** Said when there are no rows. */
  readonly empty: string;
}

/** Height of a row, as the style sheet has it. */
const rowRem = 2.25;

interface Box {
  readonly scrollPx: number;
  readonly heightPx: number;
  readonly widthPx: number;
  readonly remPx: number;
}

const unmeasured: Box = { scrollPx: 0, heightPx: 720, widthPx: 1280, remPx: 14 };

/**
 * A table of any length: only the rows in sight are drawn. Row and column numbers are those of the whole table, so that
 * screen readers count right.
 */
export function DataTable<Row, Key extends string>(props: DataTableProps<Row, Key>): JSX.Element {
  const { label, rows, keyOf, empty } = props;
  const region = useRef<HTMLElement>(null);
  const box = useBox(region);
  const columns = props.columns
    .map((column, place) => ({ ...column, number: place + 1 }))
    .filter(({ fromRem }) => fromRem === undefined || box.widthPx >= fromRem * box.remPx);
  const window = virtualWindow(rows.length, { ...box, rowPx: rowRem * box.remPx });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by the keyboard
    <section ref={region} class="table-region" aria-label={label} tabIndex={0}>
      <table aria-label={label} aria-rowcount={rows.length + 1} aria-colcount={props.columns.length}>
        <colgroup>
          {columns.map(({ title, rem }) => (
            <col key={title} style={{ width: `${rem}rem` }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <Head key={column.title} column={column} {...props} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap px={window.beforePx} columns={columns.length} />
          {rows.slice(window.first, window.end).map((row, place) => (
            <tr key={keyOf(row)} aria-rowindex={window.first + place + 2}>
              {columns.map(({ number, title, end, cell }) =>
                number === 1 ? (
                  <th key={title} scope="row" aria-colindex={number}>
                    {cell(row)}
                  </th>
                ) : (
                  <td key={title} aria-colindex={number} class={end === true ? 'end' : ''}>
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
          <Gap px={window.afterPx} columns={columns.length} />
        </tbody>
      </table>
      {rows.length === 0 && <Empty>{empty}</Empty>}
    </section>
  );
}

function Gap({ px, columns }: { readonly px: number; readonly columns: number }): JSX.Element | null {
  if (px === 0) return null;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it can have the focus; it only takes the room of rows
    <tr class="gap" aria-hidden="true">
      <td colSpan={columns} style={{ height: `${px}px` }} />
    </tr>
  );
}

function Head<Row, Key extends string>({
  column: { title, sort, end, number },
  sorting,
  onSort,
}: Pick<DataTableProps<Row, Key>, 'sorting' | 'onSort'> & {
  readonly column: Column<Row, Key> & { readonly number: number };
}): JSX.Element {
  const style = end === true ? 'end' : '';
  if (sort === undefined || onSort === undefined) {
    return (
      <th scope="col" aria-colindex={number} class={style}>
        {title}
      </th>
    );
  }
  const isSorted = sorting?.key === sort;
  const descending = isSorted && sorting.descending;
  const order = descending ? 'descending' : 'ascending';
  return (
    <th scope="col" aria-colindex={number} class={style} aria-sort={isSorted ? order : 'none'}>
      <button type="button" class="sort" onClick={() => onSort({ key: sort, descending: isSorted && !descending })}>
        {title}
        <span class="arrow" aria-hidden="true">
          {isSorted ? (descending ? '↓' : '↑') : ''}
        </span>
      </button>
    </th>
  );
}

/** Where a scrolled element stands; draws again only when another step of rows comes into sight or its size changes. */
function useBox(region: { readonly current: HTMLElement | null }): Box {
  const [box, setBox] = useState(unmeasured);
  useEffect(() => {
    const element = region.current;
    if (element === null) return undefined;
    const measure = (): void => {
      const remPx = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      const stepPx = remPx * rowRem * rowStep;
      const scrollPx = Math.floor(element.scrollTop / stepPx) * stepPx;
      const next = { scrollPx, heightPx: element.clientHeight, widthPx: element.clientWidth, remPx };
      setBox((before) => (isSame(before, next) ? before : next));
    };
    const sizes = new ResizeObserver(measure);
    sizes.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      sizes.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, [region]);
  return box;
}

function isSame(left: Box, right: Box): boolean {
  return (
    left.scrollPx === right.scrollPx &&
    left.heightPx === right.heightPx &&
    left.widthPx === right.widthPx &&
    left.remPx === right.remPx
  );
}
