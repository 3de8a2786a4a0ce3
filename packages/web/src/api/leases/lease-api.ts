import type { LeaseService, Lessee } from '@nodepool/leases';
import type { Lease } from '@nodepool/model';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../access/gate.js';
import { allows } from '../../access/tokens.js';
import { WebError } from '../../errors.js';
import type { AddRoute, Call } from '../add-route.js';
import type { ApiPlugin } from '../open-api.js';
import { pageOf } from '../page.js';
import { toProblem } from '../problem.js';
import { leaseRoutes } from '../routes/index.js';
import type { NewLease } from '../schemas/index.js';
import { ProgressStream, streamKind } from './progress-stream.js';
import { toLease } from './to-lease.js';

/** How much a token may have at once. */
export type LeaseLimits = Pick<Lessee, 'maxLeases' | 'maxMachines'>;

/** Calls about leases. @param limitsOf of the token of that name; asked at each call. */
export function leaseApi(leases: LeaseService, limitsOf: (token: string) => LeaseLimits): ApiPlugin {
  return (server, add) => {
    const lessee = (caller: Caller): Lessee => toLessee(caller, limitsOf);
    add(server, leaseRoutes.create, (call) => createLease(leases, lessee(call.caller), call));
    add(server, leaseRoutes.list, async ({ query, caller }) => {
      const wanted = [...leases.list(lessee(caller))].filter(({ state }) => (query.state ?? state) === state);
      const page = pageOf(
        wanted,
        ({ id }) => id,
        query,
        (lease) => toLease(leases, lease),
      );
      return { ...page, items: await Promise.all(page.items) };
    });
    add(server, leaseRoutes.get, async ({ params: { id }, caller }) =>
      toLease(leases, await leases.get(lessee(caller), id)),
    );
    add(server, leaseRoutes.heartbeat, async ({ params: { id }, caller }) =>
      toLease(leases, await leases.extend(lessee(caller), id)),
    );
    addRelease(leases, lessee, server, add);
  };
}

function addRelease(
  leases: LeaseService,
  lessee: (caller: Caller) => Lessee,
  server: Parameters<ApiPlugin>[0],
  add: AddRoute,
): void {
  add(server, leaseRoutes.release, async ({ params: { id }, caller }) => {
    await leases.release(lessee(caller), id);
  });
}

function toLessee({ name, scopes }: Caller, limitsOf: (token: string) => LeaseLimits): Lessee {
  if (name === null) throw new WebError('NP_WEB_UNAUTHENTICATED', 'leases belong to tokens');
  return { ...limitsOf(name), name, isAdmin: allows(scopes, 'admin') };
}

type CreateCall = Pick<Call<unknown, unknown, NewLease>, 'body' | 'signal' | 'request' | 'reply'>;

async function createLease(
  leases: LeaseService,
  lessee: Lessee,
  { body, signal, request, reply }: CreateCall,
): Promise<unknown> {
  const { labels, ttl, wait, provider, comment } = body;
  const lease = await leases.ask(lessee, { labels, ttlSec: ttl, provider, comment }, keyOf(request));
  reply.header('location', `/api/v1/leases/${lease.id}`);
  const kind = streamKind(request.headers.accept);
  const waiting = { waitMs: wait * 1000, signal };
  if (kind === undefined) return await toLease(leases, await leases.wait(lessee, lease, waiting));
  reply.hijack();
  await stream(leases, lessee, lease, { ...waiting, stream: new ProgressStream(reply.raw, kind) });
  return reply satisfies FastifyReply;
}

async function stream(
  leases: LeaseService,
  lessee: Lessee,
  lease: Lease,
  { stream, ...waiting }: { readonly waitMs: number; readonly signal: AbortSignal; readonly stream: ProgressStream },
): Promise<void> {
  try {
    const onProgress = (now: Lease): void => stream.progress(leases, now);
    stream.end('lease', await toLease(leases, await leases.wait(lessee, lease, { ...waiting, onProgress })));
  } catch (error) {
    // The status is sent: the failure can only be told in the stream.
    stream.end('problem', toProblem(error).problem);
  }
}

function keyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && key.length > 0 && key.length <= 255) return key;
  throw new WebError('NP_WEB_INPUT', 'an Idempotency-Key has 1 to 255 characters');
}
