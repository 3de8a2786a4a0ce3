import type { ServerResponse } from 'node:http';
import type { LeaseService } from '@nodepool/leases';
import type { Lease } from '@nodepool/model';

/** How progress is told: server-sent events, or a line for each object. */
export type StreamKind = 'events' | 'lines';

/** The first of the two that the caller names; undefined when it wants one answer. */
export function streamKind(accept: string | undefined): StreamKind | undefined {
  for (const part of (accept ?? '').toLowerCase().split(',')) {
    const mediaType = part.split(';')[0]?.trim();
    if (mediaType === 'text/event-stream') return 'events';
    if (mediaType === 'application/x-ndjson') return 'lines';
  }
  return undefined;
}

const mediaTypes: Readonly<Record<StreamKind, string>> = {
  events: 'text/event-stream; charset=utf-8',
  lines: 'application/x-ndjson; charset=utf-8',
};

/** A caller that does not read is not told more than this, bytes; what comes after says it all again. */
const maxWaitingBytes = 64 * 1024;

/** Tells one caller how far a lease has come, and at last what has become of it. */
export class ProgressStream {
  readonly #response: ServerResponse;
  readonly #kind: StreamKind;
  #last = '';

  /** Begins the answer. */
  constructor(response: ServerResponse, kind: StreamKind) {
    this.#response = response;
    this.#kind = kind;
    response.writeHead(201, {
      'content-type': mediaTypes[kind],
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    response.flushHeaders();
  }

  progress(leases: Pick<LeaseService, 'progress'>, lease: Lease): void {
    const { request, nodes } = leases.progress(lease);
    const text = JSON.stringify({
      type: 'progress',
      id: lease.id,
      request_id: lease.requestId,
      request_state: request?.state ?? null,
      machines: nodes.map(({ id, type, state }) => ({ node_id: id, label: type[0] ?? null, state })),
    });
    if (text === this.#last || this.#response.writableLength > maxWaitingBytes) return;
    this.#last = text;
    this.#write('progress', text);
  }

  /** The last object. */
  end(type: 'lease' | 'problem', value: object): void {
    this.#write(type, JSON.stringify({ type, [type]: value }));
    this.#response.end();
  }

  #write(event: string, text: string): void {
    this.#response.write(this.#kind === 'lines' ? `${text}\n` : `event: ${event}\ndata: ${text}\n\n`);
  }
}
