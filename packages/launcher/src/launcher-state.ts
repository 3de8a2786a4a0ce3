import type { PoolState } from './requests/pool-worker.js';

/** What a launcher is doing: for the log on SIGUSR2, and for tests. */
export interface LauncherState {
  readonly session: string;
  readonly pools: readonly PoolState[];
  readonly providers: readonly {
    readonly name: string;
    readonly launches: number;
    /** Launches and deletions whose instances are being watched. */
    readonly inFlight: number;
    readonly tasks: number;
  }[];
  readonly deletions: number;
  /** Min-ready requests that wait for an answer. */
  readonly stockRequests: number;
}
