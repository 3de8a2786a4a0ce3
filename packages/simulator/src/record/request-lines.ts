import { minReadyRequestor, type NodeRequest, splitRequestId } from '@nodepool/model';
import type { NewTraceLine } from '../trace/schema.js';

/**
 * What a trace tells of a change of a request. The standing stock is left out: a simulation keeps its own. Nothing is
 * written down of who asks, and for what.
 *
 * @param nowSec when the change was seen, for what the record does not date.
 */
export function requestLines(
  before: NodeRequest | undefined,
  after: NodeRequest | undefined,
  nowSec: number,
): readonly NewTraceLine[] {
  if ((after ?? before)?.requestor === minReadyRequestor) return [];
  if (after === undefined) {
    const open = before?.state === 'requested' || before?.state === 'pending';
    return before !== undefined && open ? [{ kind: 'cancelled', at: nowSec, request: before.id }] : [];
  }
  const lines: NewTraceLine[] = before === undefined ? [newRequest(after)] : [];
  if (before !== undefined && before.relativePriority !== after.relativePriority) {
    lines.push({ kind: 'revised', at: nowSec, request: after.id, relativePriority: after.relativePriority });
  }
  if (before?.state === after.state) return lines;
  const ended = { at: after.stateTimeSec, request: after.id };
  if (after.state === 'fulfilled') lines.push({ kind: 'fulfilled', ...ended, nodes: after.nodes.length });
  if (after.state === 'failed') lines.push({ kind: 'failed', ...ended });
  return lines;
}

function newRequest(request: NodeRequest): NewTraceLine {
  const { id, createdTimeSec, stateTimeSec, nodeTypes, relativePriority, provider, tenantName, reuse } = request;
  return {
    kind: 'request',
    at: createdTimeSec ?? stateTimeSec,
    id,
    labels: [...nodeTypes],
    priority: splitRequestId(id).priority,
    relativePriority,
    provider,
    tenant: tenantName,
    reuse,
  };
}
