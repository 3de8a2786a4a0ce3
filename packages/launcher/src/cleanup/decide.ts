import type { Node } from '@nodepool/model';

/** How long an unlocked `init` node may belong to nobody before it counts as left behind by a launcher that died. */
export const initGraceSec = 20;

export interface AgeView {
  readonly node: Pick<Node, 'state' | 'stateTimeSec' | 'type' | 'allocatedTo' | 'holdExpirationSec'>;
  readonly locked: boolean;
  /** Its provider is in this launcher's configuration. */
  readonly ours: boolean;
  /** `max-ready-age` by label, seconds; 0 or missing is unlimited. */
  readonly maxReadyAgeSec: ReadonlyMap<string, number>;
  /** Seconds; 0 is unlimited. */
  readonly maxHoldAgeSec: number;
  /** The request that the node is allocated to exists; false when it is allocated to none. */
  readonly requestExists: boolean;
}

/**
 * When an unlocked node has outlived its time, seconds since the epoch; undefined when it never does. At that time it
 * becomes `deleting`.
 *
 * Source: docs/compatibility/launcher.md section 8; the rule for `init` is ours: no record stays in a transitional
 * state for ever.
 */
export function expiresAtSec(view: AgeView): number | undefined {
  const { node, locked, ours } = view;
  if (locked || !ours) return undefined;
  const ageSec = maxAgeSec(view);
  return ageSec === undefined ? undefined : node.stateTimeSec + ageSec;
}

function maxAgeSec({ node, maxReadyAgeSec, maxHoldAgeSec, requestExists }: AgeView): number | undefined {
  switch (node.state) {
    case 'ready':
      return node.allocatedTo === null ? shortest(node.type.map((label) => maxReadyAgeSec.get(label) ?? 0)) : undefined;
    case 'hold':
      return shortest([node.holdExpirationSec ?? 0, maxHoldAgeSec]);
    case 'init':
      return requestExists ? undefined : initGraceSec;
    default:
      return undefined;
  }
}

function shortest(agesSec: readonly number[]): number | undefined {
  const limits = agesSec.filter((age) => age > 0);
  return limits.length === 0 ? undefined : Math.min(...limits);
}
