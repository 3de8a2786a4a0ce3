import { cancelRequest } from '@nodepool/operations';
import type { CachedRequest, RequestCache } from '@nodepool/store';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { WebError } from '../../errors.js';
import type { ApiContext } from '../api-context.js';
import { pageOf } from '../page.js';
import { requestRoutes } from '../routes/index.js';
import type { NodeRequestQuery } from '../schemas/request.js';
import { toRequest } from '../views/to-request.js';

/** Calls about node requests. */
export function requestCalls(server: FastifyInstance, context: ApiContext): void {
  const { add, caches, operator, explain, revisions } = context;
  const revision = (): string => revisions.of('requests');
  add(
    server,
    requestRoutes.list,
    ({ query }) =>
      pageOf(
        matching(caches.requests, query),
        ({ record }) => record.id,
        query,
        ({ record }) => toRequest(record),
      ),
    { revision },
  );
  add(server, requestRoutes.get, ({ params: { id } }) => toRequest(known(caches.requests, id).record), { revision });
  add(server, requestRoutes.explain, async ({ params: { id } }) => {
    known(caches.requests, id);
    return await explain('request', id);
  });
  add(server, requestRoutes.cancel, async ({ params: { id }, caller, signal }) => {
    known(caches.requests, id);
    await cancelRequest(operator(caller, signal), id);
  });
}

function known(requests: RequestCache, id: string): CachedRequest {
  const request = requests.get(id);
  if (request === undefined) throw new WebError('NP_WEB_NOT_FOUND', `there is no node request ${id}`);
  return request;
}

function* matching(requests: RequestCache, query: z.output<typeof NodeRequestQuery>): Iterable<CachedRequest> {
  const { state, label, requestor, tenant } = query;
  for (const request of state === undefined ? requests.all() : requests.byState(state)) {
    const { record } = request;
    const fits =
      (label === undefined || record.nodeTypes.includes(label)) &&
      (requestor === undefined || record.requestor === requestor) &&
      (tenant === undefined || record.tenantName === tenant);
    if (fits) yield request;
  }
}
