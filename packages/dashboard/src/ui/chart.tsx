import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import UPlot, { type AlignedData, type Options } from 'uplot';
import { type ChartData, chartSummary } from '../view/charts.js';
import { useApp, useObserved } from './app-context.js';

export interface Series {
  readonly name: string;
  /** A colour of the style sheet, such as `--good`. */
  readonly color: string;
  readonly bars?: boolean;
}

/** Lines or bars over time. What they say in sum is said in words too. */
export function Chart({
  title,
  series,
  data,
}: {
  readonly title: string;
  readonly series: readonly Series[];
  readonly data: ChartData;
}): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | undefined>(undefined);
  const theme = useObserved(useApp().theme);
  const names = series.map(({ name }) => name);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = new UPlot(optionsOf(element, series), data as unknown as AlignedData, element);
    };
    draw();
    const size = (): void => plot.current?.setSize(sizeOf(element));
    const sizes = new ResizeObserver(size);
    sizes.observe(element);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    return () => {
      dark.removeEventListener('change', draw);
      sizes.disconnect();
      plot.current?.destroy();
    };
  }, [theme]);
  useEffect(() => plot.current?.setData(data as unknown as AlignedData), [data]);
  return (
    <figure class="chart">
      <figcaption class="legend">
        {series.map(({ name, color }) => (
          <span key={name} class="key">
            <i style={{ background: `var(${color})` }} aria-hidden="true" />
            {name}
          </span>
        ))}
      </figcaption>
      <div ref={place} class="plot" role="img" aria-label={`${title}, ${chartSummary(names, data)}`}>
        {data[0].length < 2 && <p class="plot-empty">A point is taken every ten seconds.</p>}
      </div>
    </figure>
  );
}

function sizeOf(element: HTMLElement): { readonly width: number; readonly height: number } {
  return { width: Math.max(120, element.clientWidth), height: Math.max(80, element.clientHeight) };
}

function optionsOf(element: HTMLElement, series: readonly Series[]): Options {
  const style = getComputedStyle(element);
  const color = (name: string): string => resolved(element, name);
  const font = `${style.fontSize} ${style.fontFamily}`;
  const axis = {
    stroke: color('--quiet'),
    font,
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
  };
  const rem = Number.parseFloat(style.fontSize);
  return {
    ...sizeOf(element),
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(4, Math.ceil(high * 1.1))] } },
    axes: [
      { ...axis, size: rem * 2, space: rem * 5, incrs: timeSteps, values: (_plot, times) => times.map(clockText) },
      { ...axis, size: rem * 3, space: rem * 2.5 },
    ],
    series: [
      {},
      ...series.map(({ name, color: variable, bars = false }) => ({
        label: name,
        stroke: color(variable),
        width: bars ? 0 : 2,
        points: { show: false },
        ...(bars && {
          fill: color(variable),
          ...(UPlot.paths.bars && { paths: UPlot.paths.bars({ size: [0.6, 24] }) }),
        }),
      })),
    ],
  };
}

/** Colours may be functions, which a canvas does not know. */
function resolved(element: HTMLElement, variable: string): string {
  const probe = document.createElement('i');
  probe.style.color = `var(${variable})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Seconds between the marks of the time axis: minutes at least, as times are written without seconds. */
const timeSteps = [60, 120, 300, 600, 900, 1_800, 3_600];

function clockText(sec: number): string {
  const date = new Date(sec * 1000);
  return `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
}
