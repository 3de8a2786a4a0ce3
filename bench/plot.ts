/** One bar of a plot. */
export interface Bar {
  readonly name: string;
  readonly value: number;
}

const rowHeight = 28;
const labelWidth = 260;
const barWidth = 420;
const margin = 16;

/** A horizontal bar chart as an SVG document that needs nothing else: no script, no font, no style sheet. */
export function plotBars(title: string, bars: readonly Bar[]): string {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const height = 2 * margin + rowHeight * (bars.length + 1);
  const width = 2 * margin + labelWidth + barWidth + 60;
  const rows = bars.map(({ name, value }, index) => {
    const top = margin + rowHeight * (index + 1);
    const length = (barWidth * value) / most;
    return [
      `  <text x="${margin + labelWidth - 8}" y="${top + 18}" text-anchor="end">${escaped(name)}</text>`,
      `  <rect x="${margin + labelWidth}" y="${top + 4}" width="${length.toFixed(1)}" height="${rowHeight - 8}" fill="#3b6ea5"/>`,
      `  <text x="${(margin + labelWidth + length + 6).toFixed(1)}" y="${top + 18}">${value.toFixed(0)}</text>`,
    ].join('\n');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="13">
  <rect width="100%" height="100%" fill="white"/>
  <text x="${margin}" y="${margin + 12}" font-weight="bold">${escaped(title)}</text>
${rows.join('\n')}
</svg>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
