import { z } from 'zod';
import { PageQuery, pageOf, TimeSec } from './common.js';

export const leaseStates = ['waiting', 'active', 'releasing', 'released', 'expired', 'failed'] as const;

export const LeaseMachine = z
  .strictObject({
    node_id: z.string(),
    label: z.string(),
    provider: z.string().nullable(),
    hostname: z.string().nullable(),
    interface_ip: z.string().nullable(),
    connection_type: z.string().nullable(),
    connection_port: z.int().nullable(),
    username: z.string().nullable(),
    python_path: z.string().nullable(),
    shell_type: z.string().nullable(),
    host_keys: z.array(z.string()).meta({ description: 'Lines of `<type> <base64>`' }),
  })
  .meta({ id: 'LeaseMachine', description: 'How to reach a leased machine' });
export type LeaseMachine = z.infer<typeof LeaseMachine>;

export const Lease = z
  .strictObject({
    id: z.string(),
    state: z.enum(leaseStates),
    labels: z.array(z.string()),
    owner: z.string().meta({ description: 'Name of the token that asked' }),
    request_id: z.string().nullable(),
    created_time: TimeSec,
    expires_time: TimeSec.nullable().meta({ description: 'When the machines go back unless a heartbeat comes' }),
    ttl: z.int().meta({ description: 'Seconds from each heartbeat to expiry' }),
    machines: z.array(LeaseMachine).meta({ description: 'In the order of the labels; empty until active' }),
    reason: z.string().nullable().meta({ description: 'Why it failed' }),
  })
  .meta({ id: 'Lease', description: 'Machines lent to somebody who has to say now and then that they are in use' });
export type Lease = z.infer<typeof Lease>;

export const LeasePage = pageOf(Lease);

/** Body of `POST /leases`. */
export const NewLease = z.strictObject({
  labels: z.array(z.string().min(1)).min(1).max(100).meta({ description: 'One machine each; the order is kept' }),
  ttl: z.int().min(10).max(86_400).default(300).meta({ description: 'Seconds from each heartbeat to expiry' }),
  wait: z.number().min(0).max(3_600).default(60).meta({ description: 'Seconds to wait for the machines' }),
  provider: z.string().optional().meta({ description: 'Provider to prefer' }),
  comment: z.string().max(1000).optional(),
});
export type NewLease = z.infer<typeof NewLease>;

export const LeaseQuery = PageQuery.extend({ state: z.enum(leaseStates).optional() });
