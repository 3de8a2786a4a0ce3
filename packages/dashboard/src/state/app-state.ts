import type { Snapshot } from './snapshot.js';

/** How the connection to the server stands. */
export type Link =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Tried again by itself. */
  | { readonly kind: 'waiting'; readonly reason: string; readonly retryAtMs: number }
  /** Tried again with a token. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The tab is out of sight; goes on where it was. */
  | { readonly kind: 'resting' };

/** What all pages show. */
export interface AppState {
  readonly link: Link;
  /** Undefined until the lists were read for the first time. */
  readonly snapshot: Snapshot | undefined;
  /** Seconds by which the server's clock is ahead of the browser's. */
  readonly skewSec: number;
}

export const initialState: AppState = { link: { kind: 'connecting' }, snapshot: undefined, skewSec: 0 };
