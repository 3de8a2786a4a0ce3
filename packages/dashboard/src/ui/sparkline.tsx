import type { JSX } from 'preact';
import { sparkPoints } from '../view/charts.js';

/** A line without axes; the figures stand beside it. */
export function Sparkline({
  values,
  limit,
}: {
  readonly values: readonly number[];
  readonly limit: number | undefined;
}): JSX.Element {
  return (
    <svg class="sparkline" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <line x1="0" y1="23" x2="100" y2="23" />
      <polyline points={sparkPoints(values, limit)} />
    </svg>
  );
}
