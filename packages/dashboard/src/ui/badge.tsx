import type { JSX } from 'preact';
import { toneOf } from '../view/state-tone.js';

/** A state: its word, and its colour beside. */
export function Badge({
  state,
  word = state,
  note,
}: {
  readonly state: string;
  /** Instead of the state's own. */
  readonly word?: string;
  readonly note?: string | undefined;
}): JSX.Element {
  return (
    <span class={`badge tone-${toneOf(state)}`}>
      {word}
      {note !== undefined && <span class="badge-note"> {note}</span>}
    </span>
  );
}
