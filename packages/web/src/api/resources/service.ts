import type { FastifyInstance } from 'fastify';
import type { Gate } from '../../access/gate.js';
import { WebError } from '../../errors.js';
import type { ApiContext } from '../api-context.js';
import type { EventHub } from '../events/event-hub.js';
import { docsPage } from '../openapi/docs-page.js';
import { openApiDocument } from '../openapi/document.js';
import { serviceRoutes } from '../routes/index.js';

/** What Prometheus is given. */
export interface MetricsSource {
  text(): Promise<string>;
  readonly contentType: string;
}

export interface ServiceOptions {
  readonly gate: Gate;
  readonly hub: EventHub;
  readonly metrics: MetricsSource | undefined;
  readonly version: string;
}

/** Events, measurements, and what the API says of itself. */
export function serviceCalls(
  server: FastifyInstance,
  { add }: Pick<ApiContext, 'add'>,
  { gate, hub, metrics, version }: ServiceOptions,
): void {
  const document = openApiDocument(version);
  const documentText = JSON.stringify(document);
  const page = docsPage(document);
  add(server, serviceRoutes.events, async ({ request, reply }) => {
    hub.refuseTooMany();
    const { 'last-event-id': lastEventId, 'accept-encoding': encodings } = request.headers;
    if (request.method === 'HEAD') return await reply.type('text/event-stream').send();
    reply.hijack();
    const packs = /\bgzip\b/.test(String(encodings ?? ''));
    await hub.follow(reply.raw, packs, typeof lastEventId === 'string' ? lastEventId : undefined);
    return reply;
  });
  add(server, serviceRoutes.metrics, async ({ reply }) => {
    if (metrics === undefined) throw new WebError('NP_WEB_BUSY', 'this launcher does not measure');
    return await reply.type(metrics.contentType).send(await metrics.text());
  });
  add(server, serviceRoutes.caller, ({ caller }) => ({ name: caller.name, scopes: gate.scopesOf(caller) }));
  add(server, serviceRoutes.document, ({ reply }) => reply.type('application/json').send(documentText));
  add(server, serviceRoutes.docs, ({ reply }) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', page.policy).send(page.html),
  );
}
