import { type Listing, renderListing } from '@nodepool/listings';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { preferredForm } from './accept.js';
import { type Answer, AnswerCache, lifetimeMs } from './answer-cache.js';
import { type ListDeps, lists } from './lists.js';

export interface ClassicOptions extends ListDeps {
  /** True once the launcher has looked at its requests for the first time. */
  readonly isReady: () => boolean;
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const plainText = 'text/plain; charset=UTF-8';

/**
 * The endpoints of the Python original: every method reads, lists are tables or JSON, answers hold for a second.
 *
 * Source: docs/compatibility/interfaces.md section 3.
 */
export const classicEndpoints: FastifyPluginAsync<ClassicOptions> = async (server, options) => {
  const answers = new AnswerCache();
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume();
    done(null);
  });
  for (const [path, makeList] of Object.entries(lists)) {
    server.route<{ Querystring: Readonly<Record<string, unknown>> }>({
      url: path,
      method: [...methods],
      handler: async (request, reply) => {
        const form = preferredForm(request.headers.accept);
        if (form === undefined) return await notAcceptable(reply);
        const key = `${form} ${request.url}`;
        const answer = await answers.get(key, options.now(), async () => {
          const listing = await makeList(options, { ...oneOf('node_id', request.query) });
          return await render(listing, form, request.query['fields'], options.now());
        });
        return await send(request, reply, answer);
      },
    });
  }
  server.route({
    url: '/ready',
    method: [...methods],
    handler: async (request, reply) => {
      if (!options.isReady()) return await reply.code(503).type(plainText).send('Service Unavailable');
      const contentType = preferredForm(request.headers.accept) === 'json' ? 'application/json' : plainText;
      return await send(request, reply, { contentType, body: 'OK', madeAtMs: options.now() });
    },
  });
};

/** A parameter given several times counts once, as the last one said. */
function oneOf<Name extends string>(name: Name, query: Readonly<Record<string, unknown>>): { [key in Name]?: string } {
  const value = [query[name]].flat().at(-1);
  return typeof value === 'string' ? ({ [name]: value } as { [key in Name]?: string }) : {};
}

async function render(listing: Listing, form: 'table' | 'json', fields: unknown, nowMs: number): Promise<Answer> {
  if (form === 'json') {
    return { contentType: 'application/json', body: JSON.stringify(listing.rows), madeAtMs: nowMs };
  }
  const wanted = oneOf('fields', { fields }).fields?.split(',');
  const columns = wanted === undefined ? listing.columns : listing.columns.filter(({ key }) => wanted.includes(key));
  return {
    contentType: plainText,
    body: await renderListing({ ...listing, columns }, 'table', nowMs),
    madeAtMs: nowMs,
  };
}

async function send(request: FastifyRequest, reply: FastifyReply, answer: Answer): Promise<FastifyReply> {
  const madeAtMs = Math.floor(answer.madeAtMs / 1000) * 1000;
  reply.headers({
    'access-control-allow-origin': '*',
    'cache-control': 'max-age=1, public',
    'last-modified': httpDate(madeAtMs),
    expires: httpDate(madeAtMs + lifetimeMs),
  });
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  if (since >= madeAtMs && (request.method === 'GET' || request.method === 'HEAD')) return await reply.code(304).send();
  // Without the serializer's own charset: JSON goes out as the original sent it.
  return await reply.header('content-type', answer.contentType).send(Buffer.from(answer.body));
}

function httpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

async function notAcceptable(reply: FastifyReply): Promise<FastifyReply> {
  return await reply
    .code(406)
    .type(plainText)
    .send('406 Not Acceptable\n\nAsk for text/plain, text/html or application/json.\n');
}
