import type { Clock } from '@nodepool/runtime';
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { ApiClient } from '../api/client.js';
import type { AppState } from '../state/app-state.js';
import type { Notices } from '../state/notices.js';
import type { Observable } from '../state/observable.js';
import type { TokenDesk } from '../state/token-desk.js';
import type { Route } from '../view/route.js';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

/** What every component may use. */
export interface App {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly state: Observable<AppState>;
  readonly desk: TokenDesk;
  readonly notices: Notices;
  readonly route: Observable<Route>;
  /** Seconds since the epoch by the server's clock, once a second. */
  readonly nowSec: Observable<number>;
  readonly theme: Observable<Theme>;
  /** Connects at once. */
  readonly reconnect: () => void;
  /** Shows another page, or another filter of this one. */
  readonly go: (hash: string) => void;
}

export const AppContext = createContext<App | undefined>(undefined);

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error('there is no AppContext');
  return app;
}

/** The value of an observable; draws again when that changes. */
export function useObserved<Value>(observable: Observable<Value>): Value {
  const [, draw] = useState(0);
  useEffect(() => observable.subscribe(() => draw((count) => count + 1)), [observable]);
  return observable.value;
}
