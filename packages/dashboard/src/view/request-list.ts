import type { NodeRequest } from '../api/types.js';

const minReadyRequestor = 'NodePool:min-ready';

/** A request as the page shows it. */
export interface RequestRow {
  readonly request: NodeRequest;
  readonly open: boolean;
  /** Since when it waits, or when it ended: seconds since the epoch. */
  readonly since: number;
  /** Made by a launcher to keep its stock. */
  readonly isStock: boolean;
}

export interface RequestFilter {
  readonly text: string;
  /** `open`, or a state, or empty for all. */
  readonly state: string;
}

export function toRow(request: NodeRequest): RequestRow {
  const open = request.state === 'requested' || request.state === 'pending';
  return {
    request,
    open,
    since: open ? (request.created_time ?? request.state_time) : request.state_time,
    isStock: request.requestor === minReadyRequestor,
  };
}

/** Open ones first, waiting longest first; nobody waits for the stock, so that comes after. */
export function requestList(requests: Iterable<NodeRequest>, filter: RequestFilter): readonly RequestRow[] {
  const text = filter.text.trim().toLowerCase();
  const rows: RequestRow[] = [];
  for (const request of requests) {
    const row = toRow(request);
    const fits = filter.state === '' || (filter.state === 'open' ? row.open : request.state === filter.state);
    if (fits && (text === '' || mentions(request, text))) rows.push(row);
  }
  return rows.sort(byUrgency);
}

function byUrgency(left: RequestRow, right: RequestRow): number {
  return (
    Number(right.open) - Number(left.open) ||
    Number(left.isStock) - Number(right.isStock) ||
    (left.open ? left.since - right.since : right.since - left.since) ||
    (left.request.id < right.request.id ? -1 : 1)
  );
}

function mentions({ id, labels, requestor, tenant_name: tenant, event_id: event }: NodeRequest, text: string): boolean {
  return [id, requestor, tenant, event, ...labels].some((word) => word?.toLowerCase().includes(text) === true);
}
