import { createServer, type Server, STATUS_CODES } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify';
import { type ApiOptions, apiPlugin } from '../api/open-api.js';
import { problemMediaType, toProblem } from '../api/problem.js';
import { classicEndpoints } from '../classic/plugin.js';
import { type ServerLimits, usualLimits } from './limits.js';
import { refuseConnection } from './raw-problem.js';
import type { TlsMaterial } from './tls-files.js';

export interface WebAppOptions extends ApiOptions {
  /** True once the launcher has looked at its requests for the first time. */
  readonly isReady: () => boolean;
  /** What else is served, such as the dashboard. */
  readonly pages?: FastifyPluginAsync;
  readonly limits?: ServerLimits;
}

/**
 * Everything the web server serves, not yet listening: the endpoints of the original, the API, the pages.
 *
 * @param tls serves HTTPS.
 */
export async function buildWebApp(options: WebAppOptions, tls?: TlsMaterial): Promise<FastifyInstance> {
  const limits = options.limits ?? usualLimits;
  const server = makeServer(limits, options.config.current().webapp.trustedProxies, tls);
  server.addHook('onRequest', async (request, reply) => {
    // What is refused for its size is not read to its end.
    if (Number(request.headers['content-length'] ?? 0) > limits.bodyBytes) reply.header('connection', 'close');
  });
  server.setErrorHandler(async (error, _request, reply) => {
    const { status, headers, problem } = toProblem(error);
    if (status >= 500) options.log.warn({ error }, 'page failed');
    return await reply.code(status).headers(headers).type(problemMediaType).send(JSON.stringify(problem));
  });
  server.setNotFoundHandler(async (_request, reply) => await reply.code(404).type(plainText).send(notFoundText));
  const { caches, store, clock, isReady, pages, metrics } = options;
  await server.register(classicEndpoints, { caches, images: store.images, now: () => clock.now(), isReady });
  await server.register(async (api) => apiPlugin(api, options), { prefix: '/api/v1' });
  if (metrics !== undefined) {
    server.get('/metrics', async (_request, reply) => await reply.type(metrics.contentType).send(await metrics.text()));
  }
  if (pages !== undefined) await server.register(pages);
  return server;
}

const plainText = 'text/plain; charset=UTF-8';

/** As the original words it. */
const notFoundText = `404 ${STATUS_CODES[404]}\n\nThe resource could not be found.\n\n   `;

function makeServer(
  limits: ServerLimits,
  trustedProxies: readonly string[],
  tls: TlsMaterial | undefined,
): FastifyInstance {
  const settings = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.checkMs,
    keepAliveTimeout: limits.idleMs,
    maxHeaderSize: limits.headerBytes,
  };
  return fastify({
    logger: false,
    bodyLimit: limits.bodyBytes,
    forceCloseConnections: true,
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    routerOptions: { maxParamLength: 512 },
    serverFactory: (handler): Server => {
      const server =
        tls === undefined
          ? createServer(settings, handler)
          : createTlsServer({ ...settings, ...tls, minVersion: 'TLSv1.2' }, handler);
      server.maxConnections = limits.connections;
      return server;
    },
    clientErrorHandler: refuseConnection,
    frameworkErrors: (error, _request, reply) => {
      const { status, problem } = toProblem(error);
      reply.hijack();
      reply.raw.writeHead(status, { 'content-type': problemMediaType }).end(JSON.stringify(problem));
    },
  });
}
