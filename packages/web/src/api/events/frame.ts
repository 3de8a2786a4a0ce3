import type { StoreCaches } from '@nodepool/store';
import type { Builder, EventFrame, HistoryPoint } from '../schemas/index.js';
import type { CapacityViews } from '../views/capacity-views.js';
import type { ImageViews } from '../views/image-views.js';
import type { Tally } from '../views/tally.js';
import { toNode } from '../views/to-node.js';
import { toRequest } from '../views/to-request.js';
import type { Changes } from './changes.js';

export interface FrameSources {
  readonly caches: Pick<StoreCaches, 'nodes' | 'requests'>;
  readonly images: ImageViews;
  readonly capacity: CapacityViews;
  readonly tally: Tally;
}

/** The lists that a frame holds whole. */
export type WholeLists = Pick<EventFrame, 'providers' | 'pools' | 'labels' | 'components' | 'builders'>;

/** The records that changed, as they are now, and the ids of those that are gone. */
export function changedRecords({ caches, images }: FrameSources, changes: Changes): EventFrame {
  const nodes = sort(changes.nodes, (id) => caches.nodes.get(id));
  const requests = sort(changes.requests, (id) => caches.requests.get(id));
  const changed = sort(changes.images, (name) => images.image(name));
  const gone = {
    ...(nodes.gone.length > 0 && { nodes: nodes.gone }),
    ...(requests.gone.length > 0 && { requests: requests.gone }),
    ...(changed.gone.length > 0 && { images: changed.gone }),
  };
  return {
    ...(nodes.found.length > 0 && { nodes: nodes.found.map(toNode) }),
    ...(requests.found.length > 0 && { requests: requests.found.map(({ record }) => toRequest(record)) }),
    ...(changed.found.length > 0 && { images: changed.found }),
    ...(Object.keys(gone).length > 0 && { gone }),
  };
}

/** What is told whole, as it is now. */
export function wholeLists({ capacity }: FrameSources, builders: readonly Builder[]): Required<WholeLists> {
  return {
    providers: [...capacity.providers()],
    pools: [...capacity.pools()],
    labels: [...capacity.labels()],
    components: [...capacity.components()],
    builders: [...builders],
  };
}

/** Leaves out each list that is as it was when it was told last. */
export class ChangedLists {
  readonly #told = new Map<string, string>();

  of(lists: Required<WholeLists>): WholeLists {
    const changed = Object.entries(lists).filter(([name, list]) => {
      const text = JSON.stringify(list);
      const isNew = this.#told.get(name) !== text;
      this.#told.set(name, text);
      return isNew;
    });
    return Object.fromEntries(changed);
  }
}

/** A server-sent event. */
export function eventText(event: 'change' | 'reset', id: string, data: EventFrame): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** What a frame says besides records. */
export interface FrameExtras {
  readonly now: EventFrame['now'];
  readonly point: HistoryPoint | undefined;
}

export function withExtras(frame: EventFrame, { now, point }: FrameExtras): EventFrame {
  return { ...frame, ...(now !== undefined && { now }), ...(point !== undefined && { point }) };
}

function sort<Item>(
  ids: Iterable<string>,
  find: (id: string) => Item | undefined,
): { readonly found: Item[]; readonly gone: string[] } {
  const found: Item[] = [];
  const gone: string[] = [];
  for (const id of ids) {
    const item = find(id);
    if (item === undefined) gone.push(id);
    else found.push(item);
  }
  return { found, gone };
}
