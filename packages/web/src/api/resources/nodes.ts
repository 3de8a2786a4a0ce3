import { deleteNode, holdNode } from '@nodepool/operations';
import type { CachedNode, NodeCache } from '@nodepool/store';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { WebError } from '../../errors.js';
import type { ApiContext } from '../api-context.js';
import { pageOf } from '../page.js';
import { nodeRoutes } from '../routes/index.js';
import type { NodeQuery } from '../schemas/node.js';
import { toNode } from '../views/to-node.js';

/** Calls about nodes. */
export function nodeCalls(server: FastifyInstance, context: ApiContext): void {
  const { add, caches, operator, explain, revisions } = context;
  const revision = (): string => revisions.of('nodes');
  add(
    server,
    nodeRoutes.list,
    ({ query }) => pageOf(matching(caches.nodes, query), ({ record }) => record.id, query, toNode),
    { revision },
  );
  add(server, nodeRoutes.get, ({ params: { id } }) => toNode(known(caches.nodes, id)), { revision });
  add(server, nodeRoutes.explain, async ({ params: { id } }) => {
    known(caches.nodes, id);
    return await explain('node', id);
  });
  add(server, nodeRoutes.hold, async ({ params: { id }, body, caller, signal }) => {
    known(caches.nodes, id);
    const { comment, expires_after: expiresAfterSec } = body;
    const record = await holdNode(operator(caller, signal), id, { comment, expiresAfterSec });
    return toNode({ record, locked: false });
  });
  add(server, nodeRoutes.remove, async ({ params: { id }, caller, signal }) => {
    known(caches.nodes, id);
    return toNode({ record: await deleteNode(operator(caller, signal), id), locked: false });
  });
}

function known(nodes: NodeCache, id: string): CachedNode {
  const node = nodes.get(id);
  if (node === undefined) throw new WebError('NP_WEB_NOT_FOUND', `there is no node ${id}`);
  return node;
}

function* matching(nodes: NodeCache, query: z.output<typeof NodeQuery>): Iterable<CachedNode> {
  const { state, label, provider, pool, allocated_to: allocatedTo } = query;
  for (const node of startingPoint(nodes, query)) {
    const { record } = node;
    const fits =
      (state === undefined || record.state === state) &&
      (label === undefined || record.type.includes(label)) &&
      (provider === undefined || record.provider === provider) &&
      (pool === undefined || record.pool === pool) &&
      (allocatedTo === undefined || record.allocatedTo === allocatedTo);
    if (fits) yield node;
  }
}

/** The smallest index that holds all that can match. */
function startingPoint(nodes: NodeCache, query: z.output<typeof NodeQuery>): Iterable<CachedNode> {
  if (query.allocated_to !== undefined) return nodes.allocatedTo(query.allocated_to);
  if (query.state !== undefined) return nodes.byState(query.state);
  return query.provider === undefined ? nodes.all() : nodes.byProvider(query.provider);
}
