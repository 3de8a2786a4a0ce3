import { durationText } from '@nodepool/runtime/duration-text';
import type { JSX } from 'preact';
import { useApp, useObserved } from './app-context.js';

/** How long ago something was, growing. @param since seconds since the epoch. */
export function Age({ since }: { readonly since: number | null }): JSX.Element {
  const nowSec = useObserved(useApp().nowSec);
  if (since === null) return <span class="quiet">unknown</span>;
  const iso = timeText(since);
  return (
    <time dateTime={iso} title={iso}>
      {durationText(nowSec - since)}
    </time>
  );
}

/** A point in time as ISO 8601. */
export function timeText(sec: number): string {
  return new Date(sec * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}
