import type { NodeChange } from '@nodepool/store';

/** What makes a node nobody's again: the tenant of the request that had it would go on paying for it. */
export const nobodys: Pick<NodeChange, 'allocatedTo' | 'tenantName'> = { allocatedTo: null, tenantName: null };
