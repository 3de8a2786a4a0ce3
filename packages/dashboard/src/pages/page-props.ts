import type { Snapshot } from '../state/snapshot.js';
import type { Route } from '../view/route.js';

export interface PageProps {
  readonly snapshot: Snapshot;
  readonly route: Route;
}
