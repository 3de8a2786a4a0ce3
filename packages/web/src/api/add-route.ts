import { errorCode, type Logger } from '@nodepool/runtime';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { auditChange } from '../access/audit.js';
import type { Caller, Gate } from '../access/gate.js';
import { WebError } from '../errors.js';
import type { Route } from './routes/index.js';

/** A call that was let in, its input checked. */
export interface Call<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly caller: Caller;
  /** Aborts when the caller has gone away or the server closes. */
  readonly signal: AbortSignal;
  readonly request: FastifyRequest;
  /** For answers that are streamed; such a handler returns it. */
  readonly reply: FastifyReply;
}

export interface RouteOptions {
  /** Changes whenever the answer may; the same text means the same answer. */
  readonly revision?: () => string;
}

/** Offers a call; its handler returns the body, or nothing where there is none. */
export type AddRoute = <Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType>(
  server: FastifyInstance,
  route: Route<Params, Query, Body>,
  handler: (call: Call<z.output<Params>, z.output<Query>, z.output<Body>>) => unknown,
  options?: RouteOptions,
) => void;

export interface AddRouteDeps {
  readonly gate: Gate;
  /** The audit log. */
  readonly audit: Logger;
  /** Aborts when the server closes. */
  readonly closing: AbortSignal;
}

/** What every resource offers its calls with: access, checks of the input, audit, conditional answers. */
export function routeAdder({ gate, audit, closing }: AddRouteDeps): AddRoute {
  return (server, route, handler, { revision } = {}) => {
    const isChange = route.method !== 'GET';
    const callers = new WeakMap<FastifyRequest, Caller>();
    const codes = new WeakMap<FastifyRequest, string>();
    server.route({
      method: route.method,
      url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      onRequest: async (request) => {
        callers.set(request, gate.admit(request, route.scope, isChange));
      },
      onError: async (request, _reply, error) => {
        codes.set(request, errorCode(error) ?? 'NP_WEB_INTERNAL');
      },
      onResponse: async (request, reply) => {
        if (!isChange) return;
        const outcome = { caller: callers.get(request), status: reply.statusCode, code: codes.get(request) };
        auditChange(audit, request, route.id, outcome);
      },
      handler: async (request, reply) => {
        const caller = callers.get(request);
        if (caller === undefined) throw new WebError('NP_WEB_UNAUTHENTICATED', 'the call was not let in');
        const input = checkInput(route, request);
        if (revision !== undefined && isSeen(request, reply, revision())) return await reply.code(304).send();
        const signal = AbortSignal.any([closing, untilGone(reply)]);
        const body: unknown = await handler({ ...input, caller, signal, request, reply });
        if (body === reply) return reply;
        return await reply.code(route.answer.status).send(body);
      },
    });
  };
}

/** The request's own signal aborts as soon as its body was read; that of the answer tells that the caller has gone. */
function untilGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => gone.abort(new DOMException('the caller has gone', 'AbortError')));
  return gone.signal;
}

/** Sets the validators of the answer; true when the caller has it already. */
function isSeen(request: FastifyRequest, reply: FastifyReply, revision: string): boolean {
  const etag = `W/"${revision}"`;
  reply.headers({ etag, vary: 'authorization' });
  const seen = request.headers['if-none-match']?.split(',').map((tag) => tag.trim());
  return seen?.includes(etag) === true;
}

type Checked<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> = {
  readonly params: z.output<Params>;
  readonly query: z.output<Query>;
  readonly body: z.output<Body>;
};

function checkInput<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType>(
  route: Route<Params, Query, Body>,
  request: FastifyRequest,
): Checked<Params, Query, Body> {
  const parts = {
    params: route.params.safeParse(request.params),
    query: route.query.safeParse(request.query),
    body: route.body.safeParse(request.body ?? {}),
  };
  const { params, query, body } = parts;
  if (params.success && query.success && body.success) {
    return { params: params.data, query: query.data, body: body.data };
  }
  const errors = Object.entries(parts).flatMap(([part, { error }]) =>
    (error?.issues ?? []).map(({ path, message }) => ({ path: [part, ...path].join('.'), message })),
  );
  throw new WebError('NP_WEB_INPUT', 'the call is not as its description says', { errors: errors.slice(0, 20) });
}
