import type { NodeRequest } from '@nodepool/model';
import { type LogFields, noSpan, type Span } from '@nodepool/runtime';
import type { HandlerEnd } from './handler.js';
import type { PoolContext } from './pool-context.js';

/** The trace of a request, from its creation to its end in this pool; those of other pools are parts of the same trace. */
export class RequestTrace {
  readonly span: Span;
  readonly #queue: Span;
  #room: Span = noSpan;

  constructor(request: NodeRequest, { tracer, runtime, pool }: Pick<PoolContext, 'tracer' | 'runtime' | 'pool'>) {
    const { id, createdTimeSec, stateTimeSec } = request;
    const startMs = (createdTimeSec ?? stateTimeSec) * 1000;
    const key = `request ${id} ${createdTimeSec}`;
    this.span = tracer.start('node request', { key, startMs });
    this.#queue = this.span.child('wait in queue', {}, startMs);
    // Most requests are looked at by somebody who traces nothing.
    if (this.span.traceId === undefined) return;
    this.span.set({
      'nodepool.request': id,
      'nodepool.labels': request.nodeTypes,
      'nodepool.requestor': request.requestor,
      'nodepool.event': request.eventId,
      'nodepool.tenant': request.tenantName,
      'nodepool.priority': id.slice(0, Math.max(0, id.indexOf('-'))),
      'nodepool.provider': runtime.config.name,
      'nodepool.pool': pool.name,
    });
  }

  /** What log lines about the request say, so that they can be found from the trace. */
  get logFields(): LogFields {
    const { traceId } = this.span;
    return traceId === undefined ? {} : { traceId };
  }

  taken(): void {
    this.#queue.end();
  }

  /** @param waits for room in the pool or its provider. */
  waitsForRoom(waits: boolean): void {
    this.#room.end();
    this.#room = waits ? this.span.child('wait for room') : noSpan;
  }

  ended(how: HandlerEnd): void {
    // Somebody else has it: what is to be told of it is theirs to tell.
    if (how === 'missed') return;
    this.#room.end();
    this.span.set({ 'nodepool.outcome': how });
    this.span.end(how === 'lost' ? new Error('the lock of the request was lost') : undefined);
  }
}
