import type { JsonObject, JsonValue } from './json.js';
import type { Resources } from './resources.js';

/** Every state a node record may hold. Source: docs/compatibility/zookeeper.md section 4.1. */
export const nodeStates = [
  'init',
  'building',
  'testing',
  'ready',
  'in-use',
  'used',
  'hold',
  'testing',
  'deleting',
  'failed',
  'aborted',
  'deleted',
] as const;

export type NodeState = (typeof nodeStates)[number];

/** States whose unlocked nodes the launcher deletes. Source: docs/compatibility/launcher.md section 9. */
export const deletableNodeStates: ReadonlySet<NodeState> = new Set<NodeState>([
  'used',
  'in-use',
  'building',
  'failed',
  'deleting',
  'deleted',
  'aborted',
]);

/** How a client connects: a port, or an object with cluster credentials that must never be shown. */
export type ConnectionPort = number | JsonObject;

/**
 * Our record of one machine. Field names follow the stored record; the codec in `store` maps them.
 *
 * Source: docs/compatibility/zookeeper.md section 4.
 */
export interface Node {
  readonly id: string;
  readonly state: NodeState;
  /** Seconds since the epoch at which `state` was last set. */
  readonly stateTimeSec: number;
  readonly createdTimeSec: number | null;
  /** Labels; the first one is used to look up configuration. */
  readonly type: readonly string[];
  readonly provider: string | null;
  readonly pool: string | null;
  /** Id of the pool worker that made the node. */
  readonly launcher: string | null;
  /** Id of the request the node is reserved for. */
  readonly allocatedTo: string | null;
  readonly requestor: string | null;
  readonly tenantName: string | null;
  readonly externalId: string | JsonObject | null;
  readonly hostname: string | null;
  readonly interfaceIp: string | null;
  readonly publicIpv4: string | null;
  readonly privateIpv4: string | null;
  readonly publicIpv6: string | null;
  readonly hostId: string | null;
  readonly cloud: string | null;
  readonly region: string | null;
  readonly az: string | null;
  /** Path of the upload record for diskimages, the configured name for cloud images. */
  readonly imageId: string | null;
  readonly username: string | null;
  readonly connectionType: string | null;
  readonly connectionPort: ConnectionPort | null;
  readonly shellType: string | null;
  readonly pythonPath: string | null;
  /** Lines of `<type> <base64>`. */
  readonly hostKeys: readonly string[];
  readonly attributes: JsonObject | null;
  readonly resources: Resources | null;
  readonly slot: number | null;
  /** Private to the driver; drivers keep the launch ticket here. */
  readonly driverData: JsonValue;
  /** Private to the owner of the node, usually Zuul. */
  readonly userData: JsonValue;
  readonly holdJob: string | null;
  /** Seconds; 0 never expires. */
  readonly holdExpirationSec: number | null;
  readonly comment: string | null;
}

/** A node before ZooKeeper has named it. */
export type NewNode = Omit<Node, 'id' | 'state' | 'stateTimeSec' | 'createdTimeSec'>;
