import { z } from 'zod';
import { Explanation } from '../schemas/explanation.js';
import { HoldNode, Node, NodePage, NodeQuery } from '../schemas/node.js';
import { defineRoute, parameter } from './route.js';

const tag = 'nodes';
const params = z.strictObject({ id: parameter('Id of a node') });

export const nodeRoutes = {
  list: defineRoute({
    id: 'listNodes',
    method: 'GET',
    path: '/nodes',
    tag,
    summary: 'Nodes, in the order of their ids',
    scope: 'read',
    query: NodeQuery,
    answer: { status: 200, description: 'A page of nodes', schema: NodePage },
  }),
  get: defineRoute({
    id: 'getNode',
    method: 'GET',
    path: '/nodes/{id}',
    tag,
    summary: 'One node',
    scope: 'read',
    params,
    answer: { status: 200, description: 'The node', schema: Node },
    failures: [404],
  }),
  explain: defineRoute({
    id: 'explainNode',
    method: 'GET',
    path: '/nodes/{id}/explanation',
    tag,
    summary: 'Why a node is where it is',
    scope: 'read',
    params,
    answer: { status: 200, description: 'In words', schema: Explanation },
    failures: [404],
  }),
  hold: defineRoute({
    id: 'holdNode',
    method: 'POST',
    path: '/nodes/{id}/hold',
    tag,
    summary: 'Keep a node for debugging',
    scope: 'operate',
    params,
    body: HoldNode,
    answer: { status: 200, description: 'The node, held', schema: Node },
    failures: [404, 409],
  }),
  remove: defineRoute({
    id: 'deleteNode',
    method: 'DELETE',
    path: '/nodes/{id}',
    tag,
    summary: 'Have a node deleted',
    description: 'The node is marked; its launcher deletes it.',
    scope: 'operate',
    params,
    answer: { status: 202, description: 'The node, to be deleted', schema: Node },
    failures: [404, 409],
  }),
};
