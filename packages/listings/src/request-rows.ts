import type { NodeRequest } from '@nodepool/model';
import type { CachedRequest } from '@nodepool/store';
import type { Column, Listing, Row } from './listing.js';
import { compareText } from './order.js';

const columns: readonly Column[] = [
  { key: 'id', header: 'Request ID' },
  { key: 'relative_priority', header: 'Priority' },
  { key: 'state', header: 'State' },
  { key: 'requestor', header: 'Requestor' },
  { key: 'node_types', header: 'Node Types' },
  { key: 'nodes', header: 'Nodes' },
  { key: 'declined_by', header: 'Declined By' },
  { key: 'event_id', header: 'Event ID' },
];

/** Requests by id. Source: docs/compatibility/interfaces.md section 2.3. */
export function requestListing(requests: readonly Pick<CachedRequest, 'record'>[]): Listing {
  return {
    columns,
    rows: requests
      .map(({ record }) => record)
      .toSorted((left, right) => compareText(left.id, right.id))
      .map(requestRow),
  };
}

function requestRow(request: NodeRequest): Row {
  return {
    id: request.id,
    relative_priority: request.relativePriority,
    state: request.state,
    requestor: request.requestor,
    node_types: request.nodeTypes,
    nodes: request.nodes,
    declined_by: request.declinedBy,
    event_id: request.eventId,
  };
}
