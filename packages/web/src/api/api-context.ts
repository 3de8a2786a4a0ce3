import type { Config } from '@nodepool/config';
import type { OperatorContext } from '@nodepool/operations';
import type { Clock } from '@nodepool/runtime';
import type { Store, StoreCaches } from '@nodepool/store';
import type { Caller } from '../access/gate.js';
import type { AddRoute } from './add-route.js';
import type { LogStreams } from './resources/build-log.js';
import type { Explanation } from './schemas/index.js';
import type { CapacityViews } from './views/capacity-views.js';
import type { History } from './views/history.js';
import type { ImageViews } from './views/image-views.js';
import type { Revisions } from './views/revisions.js';
import type { Tally } from './views/tally.js';

/** Says why something is where it is. What it is asked about exists. */
export type Explain = (kind: 'node' | 'request' | 'image' | 'label', id: string) => Promise<Explanation>;

/** What the calls of the API are made with. */
export interface ApiContext {
  readonly add: AddRoute;
  readonly config: () => Config;
  readonly store: Pick<Store, 'nodes' | 'requests' | 'images' | 'imageHistory' | 'builderStatuses'>;
  readonly caches: StoreCaches;
  readonly clock: Clock;
  readonly explain: Explain;
  readonly images: ImageViews;
  readonly capacity: CapacityViews;
  readonly tally: Tally;
  readonly history: History;
  readonly revisions: Revisions;
  readonly logStreams: LogStreams;
  /** On whose behalf a change is made. */
  readonly operator: (caller: Caller, signal: AbortSignal) => OperatorContext;
}
