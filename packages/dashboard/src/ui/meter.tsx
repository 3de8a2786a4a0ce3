import type { JSX } from 'preact';
import { amountText, type Bar } from '../view/bars.js';

/** How much of a limit is used, as a bar with its figures. */
export function Meter({ bar, of }: { readonly bar: Bar; readonly of: string }): JSX.Element {
  const { resource, used, limit, share, tone } = bar;
  const amount = amountText(resource, used);
  const text = limit === undefined ? `${amount}, no limit` : `${amount} of ${amountText(resource, limit)}`;
  return (
    <div class="meter">
      <span class="meter-name">{resource}</span>
      {limit === undefined ? (
        <span />
      ) : (
        <Track tone={tone} share={share} label={`${resource} of ${of}`} value={used} limit={limit} text={text} />
      )}
      <span class="meter-text">{text}</span>
    </div>
  );
}

/** The bar itself; a native meter, which cannot be drawn the same everywhere, tells it to screen readers. */
export function Track(props: {
  readonly tone: Bar['tone'];
  readonly share: number;
  readonly label: string;
  readonly value: number;
  readonly limit: number | undefined;
  readonly text: string;
}): JSX.Element {
  const { tone, share, label, value, limit, text } = props;
  const max = limit ?? Math.max(value, 1);
  return (
    <div class="bar">
      <meter class="unseen" aria-label={label} min={0} max={max} value={Math.min(value, max)} aria-valuetext={text} />
      <div class={`track ${tone}`} aria-hidden="true">
        <div class="fill" style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  );
}

/** How far something has come. @param share 0 to 1. */
export function Progress({
  share,
  label,
  text,
}: {
  readonly share: number;
  readonly label: string;
  readonly text: string;
}): JSX.Element {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return (
    <div class="meter">
      <div
        class="track calm"
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={text}
      >
        <div class="fill" style={{ width: `${percent}%` }} />
      </div>
      <span class="meter-text">{text}</span>
    </div>
  );
}
