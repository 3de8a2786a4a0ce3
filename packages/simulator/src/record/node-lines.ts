import type { Node } from '@nodepool/model';
import type { NewTraceLine } from '../trace/schema.js';

/** Since when somebody has a node, and for which request. */
export interface Holding {
  readonly requestId: string;
  readonly sinceSec: number;
}

const unfinished = new Set<Node['state'] | undefined>(['init', 'building', 'testing']);
const ending = new Set<Node['state'] | undefined>(['used', 'deleting', 'failed', 'aborted', 'deleted']);

/**
 * What a trace tells of a change of a node: how its launch ended, how long it was used, how long its deletion took.
 *
 * @param holding undefined for a node that nobody has, or of which it is not known since when.
 * @param endingSinceSec when the node that is gone was first seen to be done with; undefined when it was not.
 */
export function nodeLines(
  before: Node | undefined,
  after: Node | undefined,
  known: { readonly holding: Holding | undefined; readonly endingSinceSec: number | undefined },
  nowSec: number,
): readonly NewTraceLine[] {
  const node = after ?? before;
  const label = node?.type[0];
  if (node === undefined || label === undefined || node.provider === null) return [];
  const place = { provider: node.provider, label };
  const lines: NewTraceLine[] = [];
  const result = launchResult(before, after);
  if (result !== undefined && node.createdTimeSec !== null) {
    const tookSec = Math.max(0, node.stateTimeSec - node.createdTimeSec);
    const resources = node.resources === null ? {} : { resources: node.resources };
    lines.push({ kind: 'launch', at: node.stateTimeSec, ...place, result, tookSec, ...resources });
  }
  if (known.holding !== undefined && isEnding(after) && !isEnding(before)) {
    const { requestId: request, sinceSec } = known.holding;
    const at = after?.stateTimeSec ?? nowSec;
    lines.push({ kind: 'use', at, ...place, request, heldSec: Math.max(0, at - sinceSec) });
  }
  if (after === undefined && known.endingSinceSec !== undefined) {
    lines.push({ kind: 'deletion', at: nowSec, ...place, tookSec: Math.max(0, nowSec - known.endingSinceSec) });
  }
  return lines;
}

/** Gone, or on its way out. */
export function isEnding(node: Node | undefined): boolean {
  return node === undefined || ending.has(node.state);
}

function launchResult(before: Node | undefined, after: Node | undefined): 'ready' | 'failed' | 'aborted' | undefined {
  if (!unfinished.has(before?.state)) return undefined;
  const state = after?.state;
  return state === 'ready' || state === 'failed' || state === 'aborted' ? state : undefined;
}
