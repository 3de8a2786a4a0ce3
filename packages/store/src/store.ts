import type { Clock, Logger, Random } from '@nodepool/runtime';
import { Election, type ZooKeeper } from '@nodepool/zookeeper';
import { openBuilderStatuses } from './builder-statuses.js';
import { openCaches } from './caches/open-caches.js';
import { openComponentStore } from './components.js';
import { openImageData } from './image-data.js';
import { openImageHistory } from './image-history.js';
import { openImageStore } from './images.js';
import { openLeaseStore } from './leases.js';
import { openNodeStore } from './nodes.js';
import { electionPath } from './paths.js';
import { openRequestStore } from './requests.js';
import { openSession } from './session.js';
import { readTreeId } from './tree-id.js';
import type { Store } from './types.js';
import { Writer } from './writer.js';

export interface StoreOptions {
  /** Owned by the caller, who closes it last. */
  readonly zk: ZooKeeper;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** What the data of our lock children say of us, for people who look at them. */
  readonly identifier: string;
}

/** Everything Nodepool keeps in ZooKeeper, over one session. Makes no request by itself. */
export function openStore({ zk, clock, random, log, identifier }: StoreOptions): Store {
  const writer = new Writer(zk);
  const options = { writer, clock, random, identifier };
  const images = openImageStore(options);
  return {
    session: openSession(zk),
    nodes: openNodeStore(options),
    requests: openRequestStore(options),
    images,
    components: openComponentStore({ writer, log }),
    imageHistory: openImageHistory(writer),
    builderStatuses: openBuilderStatuses(writer),
    imageData: openImageData(writer, images),
    leases: openLeaseStore({ writer, clock, log }),
    treeId: () => readTreeId(zk),
    openCaches: ({ resourcesOf, lagMs = 0, only, signal }) =>
      openCaches({ writer, log, clock, resourcesOf, lagMs, only, signal }),
    elect: (name, candidate, lead, signal) =>
      new Election(zk, electionPath(name), { identifier: candidate, random, sleeper: clock }).run(lead, signal),
  };
}
