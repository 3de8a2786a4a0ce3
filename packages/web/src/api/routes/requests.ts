import { z } from 'zod';
import { Explanation } from '../schemas/explanation.js';
import { NodeRequest, NodeRequestPage, NodeRequestQuery } from '../schemas/request.js';
import { defineRoute, parameter } from './route.js';

const tag = 'requests';
const params = z.strictObject({ id: parameter('Id of a node request') });

export const requestRoutes = {
  list: defineRoute({
    id: 'listRequests',
    method: 'GET',
    path: '/requests',
    tag,
    summary: 'Node requests, in the order of their ids',
    scope: 'read',
    query: NodeRequestQuery,
    answer: { status: 200, description: 'A page of requests', schema: NodeRequestPage },
  }),
  get: defineRoute({
    id: 'getRequest',
    method: 'GET',
    path: '/requests/{id}',
    tag,
    summary: 'One node request',
    scope: 'read',
    params,
    answer: { status: 200, description: 'The request', schema: NodeRequest },
    failures: [404],
  }),
  explain: defineRoute({
    id: 'explainRequest',
    method: 'GET',
    path: '/requests/{id}/explanation',
    tag,
    summary: 'Why a request waits, or failed',
    scope: 'read',
    params,
    answer: { status: 200, description: 'In words', schema: Explanation },
    failures: [404],
  }),
  cancel: defineRoute({
    id: 'cancelRequest',
    method: 'DELETE',
    path: '/requests/{id}',
    tag,
    summary: 'Cancel a node request',
    description:
      'Removes it while it waits or has failed, whoever made it; the requestor sees that it is gone. One that is fulfilled belongs to its requestor.',
    scope: 'operate',
    params,
    answer: { status: 204, description: 'Cancelled' },
    failures: [404, 409],
  }),
};
