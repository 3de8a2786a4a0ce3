import type { JsonValue } from '@nodepool/model';
import { isList, pythonLiteral } from './python-literal.js';
import { textWidth, withoutControls } from './text-width.js';

/**
 * The text of a cell: nothing for null, the elements of a list joined with commas, a literal for an object.
 *
 * Source: docs/compatibility/interfaces.md section 2.2.
 */
export function cellText(value: JsonValue): string {
  if (value === null) return '';
  if (typeof value === 'string') return withoutControls(value);
  if (!isList(value)) return pythonLiteral(value);
  return value.map((item) => (typeof item === 'string' ? withoutControls(item) : pythonLiteral(item))).join(',');
}

/**
 * A framed table, without a line feed at the end. Cells are aligned left with a blank on each side; a line feed in a
 * cell continues it on the next line.
 *
 * @param paint colours the text of a cell below the header; what it adds must take no place on a terminal.
 */
export function renderTable(
  headers: readonly string[],
  rows: readonly (readonly string[])[],
  paint: (text: string, column: number) => string = (text) => text,
): string {
  const blocks = [headers, ...rows].map((row) => headers.map((_, column) => (row[column] ?? '').split('\n')));
  const widths = headers.map((_, column) => Math.max(...blocks.map((block) => widest(block[column] ?? []))));
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`;
  const [head = [], ...body] = blocks.map((block, index) =>
    renderRow(block, widths, index === 0 ? (text) => text : paint),
  );
  // A table without columns has empty rows: so it was printed ever since.
  const lines = headers.length === 0 ? rows.map(() => '') : body.flat();
  return [rule, ...head, rule, ...lines, rule].join('\n');
}

function widest(lines: readonly string[]): number {
  return Math.max(0, ...lines.map(textWidth));
}

function renderRow(
  cells: readonly (readonly string[])[],
  widths: readonly number[],
  paint: (text: string, column: number) => string,
): readonly string[] {
  const height = Math.max(1, ...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => {
    const padded = widths.map((width, column) => {
      const text = cells[column]?.[line] ?? '';
      return ` ${paint(text, column)}${' '.repeat(width - textWidth(text))} `;
    });
    return `|${padded.join('|')}|`;
  });
}
