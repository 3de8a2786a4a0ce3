import { requestStates } from '@nodepool/model';
import { z } from 'zod';
import { PageQuery, pageOf, TimeSec } from './common.js';

export const NodeRequest = z
  .strictObject({
    id: z.string(),
    labels: z.array(z.string()),
    state: z.enum(requestStates),
    state_time: TimeSec,
    created_time: TimeSec.nullable(),
    nodes: z.array(z.string()).meta({ description: 'In the order of the labels; empty until fulfilled' }),
    declined_by: z.array(z.string()).meta({ description: 'Ids of pool workers' }),
    requestor: z.string().nullable(),
    provider: z.string().nullable().meta({ description: 'The one that is preferred' }),
    priority: z.string().meta({ description: 'Prefix of the id: lower comes first' }),
    relative_priority: z.int(),
    event_id: z.string().nullable(),
    tenant_name: z.string().nullable(),
  })
  .meta({ id: 'NodeRequest', description: 'A wish for one or more nodes' });
export type NodeRequest = z.infer<typeof NodeRequest>;

export const NodeRequestPage = pageOf(NodeRequest);

export const NodeRequestQuery = PageQuery.extend({
  state: z.enum(requestStates).optional(),
  label: z.string().optional(),
  requestor: z.string().optional(),
  tenant: z.string().optional(),
});
