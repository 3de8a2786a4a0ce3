import { type NodeRequest as RequestRecord, splitRequestId } from '@nodepool/model';
import type { NodeRequest } from '../schemas/index.js';

/** A node request as the API shows it. */
export function toRequest(record: RequestRecord): NodeRequest {
  return {
    id: record.id,
    labels: [...record.nodeTypes],
    state: record.state,
    state_time: record.stateTimeSec,
    created_time: record.createdTimeSec,
    nodes: [...record.nodes],
    declined_by: [...record.declinedBy],
    requestor: record.requestor,
    provider: record.provider,
    priority: splitRequestId(record.id).priority,
    relative_priority: record.relativePriority,
    event_id: record.eventId,
    tenant_name: record.tenantName,
  };
}
