import type { JsonValue } from './json.js';

/** Every state a node request may hold. Source: docs/compatibility/zookeeper.md section 5. */
export const requestStates = ['requested', 'pending', 'fulfilled', 'failed'] as const;

export type RequestState = (typeof requestStates)[number];

/** Requestor of the requests with which launchers keep `min-ready` nodes. */
export const minReadyRequestor = 'NodePool:min-ready';

/** Priority prefix of min-ready requests: behind everything that somebody waits for. */
export const minReadyPriority = '900';

/**
 * Somebody's wish for one or more nodes.
 *
 * Source: docs/compatibility/zookeeper.md section 5.
 */
export interface NodeRequest {
  /** `NNN-` and a sequence number of ten digits. */
  readonly id: string;
  readonly state: RequestState;
  readonly stateTimeSec: number;
  readonly createdTimeSec: number | null;
  /** Labels wanted; duplicates allowed, order significant. */
  readonly nodeTypes: readonly string[];
  /** Node ids in the order of `nodeTypes`; filled only at `fulfilled`. */
  readonly nodes: readonly string[];
  /** Ids of the pool workers that refused. */
  readonly declinedBy: readonly string[];
  readonly reuse: boolean;
  readonly requestor: string | null;
  readonly requestorData: JsonValue;
  /** Wanted provider: a preference, not a condition. */
  readonly provider: string | null;
  /** Lower comes first among requests of one priority prefix. */
  readonly relativePriority: number;
  readonly eventId: string | null;
  readonly tenantName: string | null;
}

/** A request before ZooKeeper has named it. */
export type NewNodeRequest = Omit<NodeRequest, 'id' | 'state' | 'stateTimeSec' | 'nodes' | 'declinedBy'>;

/** The parts of a request id: priority prefix and sequence, both compared as strings. */
export function splitRequestId(id: string): { readonly priority: string; readonly sequence: string } {
  const dash = id.indexOf('-');
  return dash < 0 ? { priority: '', sequence: id } : { priority: id.slice(0, dash), sequence: id.slice(dash + 1) };
}

/**
 * Order in which requests are served by a pool that has all their labels.
 *
 * Source: docs/compatibility/launcher.md section 2, sort keys 2 to 4.
 */
export function compareRequests(left: NodeRequest, right: NodeRequest): number {
  const a = splitRequestId(left.id);
  const b = splitRequestId(right.id);
  return (
    compareText(a.priority, b.priority) ||
    left.relativePriority - right.relativePriority ||
    compareText(a.sequence, b.sequence)
  );
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
