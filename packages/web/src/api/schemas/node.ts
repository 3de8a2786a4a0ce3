import { nodeStates } from '@nodepool/model';
import { z } from 'zod';
import { JsonValue, PageQuery, pageOf, Resources, TimeSec } from './common.js';

export const Node = z
  .strictObject({
    id: z.string(),
    labels: z.array(z.string()),
    state: z.enum(nodeStates),
    state_time: TimeSec,
    created_time: TimeSec.nullable(),
    locked: z.boolean(),
    provider: z.string().nullable(),
    pool: z.string().nullable(),
    launcher: z.string().nullable(),
    allocated_to: z.string().nullable().meta({ description: 'Id of the request that it is reserved for' }),
    requestor: z.string().nullable(),
    tenant_name: z.string().nullable(),
    external_id: JsonValue,
    hostname: z.string().nullable(),
    interface_ip: z.string().nullable(),
    public_ipv4: z.string().nullable(),
    private_ipv4: z.string().nullable(),
    public_ipv6: z.string().nullable(),
    region: z.string().nullable(),
    az: z.string().nullable(),
    image_id: z.string().nullable(),
    username: z.string().nullable(),
    connection_type: z.string().nullable(),
    connection_port: z.int().nullable().meta({ description: 'Null where it holds credentials of a cluster' }),
    host_keys: z.array(z.string()),
    resources: Resources.nullable(),
    hold_job: z.string().nullable(),
    hold_expiration: z.number().nullable().meta({ description: 'Seconds that it may be held; 0 never ends' }),
    comment: z.string().nullable(),
  })
  .meta({ id: 'Node', description: 'A machine, or the record of one to come' });
export type Node = z.infer<typeof Node>;

export const NodePage = pageOf(Node);

export const NodeQuery = PageQuery.extend({
  state: z.enum(nodeStates).optional(),
  label: z.string().optional(),
  provider: z.string().optional(),
  pool: z.string().optional(),
  allocated_to: z.string().optional(),
});

/** Body of `POST /nodes/{id}/hold`. */
export const HoldNode = z.strictObject({
  comment: z.string().max(1000).optional(),
  expires_after: z.int().min(1).optional().meta({ description: 'Seconds; without it the node is held without end' }),
});
export type HoldNode = z.infer<typeof HoldNode>;
