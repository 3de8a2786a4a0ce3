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
  const columns = headers.length;
  const head = headers.map(cellLines);
  const blocks = rows.map((row) => Array.from({ length: columns }, (_, column) => cellLines(row[column] ?? '')));
  const widths = head.map(widest);
  for (const block of blocks) {
    for (const [column, lines] of block.entries()) widths[column] = Math.max(widths[column] ?? 0, widest(lines));
  }
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`;
  // A table without columns has empty rows: so it was printed ever since.
  const body = columns === 0 ? rows.map(() => '') : blocks.flatMap((block) => renderRow(block, widths, paint));
  return [rule, ...renderRow(head, widths, (text) => text), rule, ...body, rule].join('\n');
}

function cellLines(text: string): readonly string[] {
  return text.includes('\n') ? text.split('\n') : [text];
}

function widest(lines: readonly string[]): number {
  return lines.reduce((width, line) => Math.max(width, textWidth(line)), 0);
}

function renderRow(
  cells: readonly (readonly string[])[],
  widths: readonly number[],
  paint: (text: string, column: number) => string,
): readonly string[] {
  const height = cells.reduce((most, lines) => Math.max(most, lines.length), 1);
  return Array.from({ length: height }, (_, line) => {
    let row = '|';
    for (const [column, width] of widths.entries()) {
      const text = cells[column]?.[line] ?? '';
      row += ` ${paint(text, column)}${' '.repeat(width - textWidth(text))} |`;
    }
    return widths.length === 0 ? '||' : row;
  });
}
