import type { EventFrame } from '../api/types.js';
import { happeningsOf, maxHappenings } from './happenings.js';
import type { Snapshot } from './snapshot.js';

/** An hour of them, as the server keeps. */
const maxPoints = 360;

/** The snapshot after a frame. Applying a frame twice does no harm. */
export function applyFrame(before: Snapshot, frame: EventFrame): Snapshot {
  const { nodes, requests, images, gone, now, point } = frame;
  const time = now?.time ?? before.now.time;
  return {
    nodes: changed(before.nodes, nodes, gone?.nodes, ({ id }) => id),
    requests: changed(before.requests, requests, gone?.requests, ({ id }) => id),
    images: changed(before.images, images, gone?.images, ({ name }) => name),
    providers: frame.providers ?? before.providers,
    pools: frame.pools ?? before.pools,
    labels: frame.labels ?? before.labels,
    components: frame.components ?? before.components,
    builders: frame.builders ?? before.builders,
    now: now ?? before.now,
    points: withPoint(before.points, point),
    happenings: [...happeningsOf(before, frame, time), ...before.happenings].slice(0, maxHappenings),
  };
}

/** The same map when nothing in it changes, so that views of it need not be made again. */
function changed<Item>(
  before: ReadonlyMap<string, Item>,
  items: readonly Item[] = [],
  gone: readonly string[] = [],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, Item> {
  if (items.length === 0 && gone.length === 0) return before;
  const after = new Map(before);
  for (const item of items) after.set(keyOf(item), item);
  for (const key of gone) after.delete(key);
  return after;
}

function withPoint(points: Snapshot['points'], point: EventFrame['point']): Snapshot['points'] {
  const last = points.at(-1);
  if (point === undefined || (last !== undefined && last.time >= point.time)) return points;
  return [...points, point].slice(-maxPoints);
}
