import { z } from 'zod';
import { Lease, LeasePage, LeaseQuery, NewLease } from '../schemas/lease.js';
import { defineRoute, parameter } from './route.js';

const tag = 'leases';
const params = z.strictObject({ id: parameter('Id of a lease') });

export const leaseRoutes = {
  create: defineRoute({
    id: 'createLease',
    method: 'POST',
    path: '/leases',
    tag,
    summary: 'Lease machines',
    description:
      'Answers when the machines are ready or `wait` is over; the state tells which. With the header `Idempotency-Key` (up to 255 characters) a repeated call gets the lease of the first, and goes on waiting for it. With `Accept: text/event-stream` or `application/x-ndjson` progress is streamed: objects of `type` `progress`, then one of `type` `lease`.',
    scope: 'lease',
    body: NewLease,
    answer: { status: 201, description: 'The lease', schema: Lease },
    failures: [409, 422],
  }),
  list: defineRoute({
    id: 'listLeases',
    method: 'GET',
    path: '/leases',
    tag,
    summary: 'Leases of the token; all with scope admin',
    scope: 'lease',
    query: LeaseQuery,
    answer: { status: 200, description: 'A page of leases', schema: LeasePage },
  }),
  get: defineRoute({
    id: 'getLease',
    method: 'GET',
    path: '/leases/{id}',
    tag,
    summary: 'One lease',
    scope: 'lease',
    params,
    answer: { status: 200, description: 'The lease', schema: Lease },
    failures: [404],
  }),
  heartbeat: defineRoute({
    id: 'extendLease',
    method: 'POST',
    path: '/leases/{id}/heartbeat',
    tag,
    summary: 'Say that the machines are in use: the lease ends `ttl` seconds from now',
    scope: 'lease',
    params,
    answer: { status: 200, description: 'The lease', schema: Lease },
    failures: [404, 409],
  }),
  release: defineRoute({
    id: 'releaseLease',
    method: 'DELETE',
    path: '/leases/{id}',
    tag,
    summary: 'Give the machines back',
    scope: 'lease',
    params,
    answer: { status: 204, description: 'Given back' },
    failures: [404],
  }),
};
