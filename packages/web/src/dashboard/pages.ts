import type { Asset } from '@nodepool/dashboard';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';

/** Nothing comes from elsewhere, nothing is sent elsewhere, and no other page shows it in a frame. */
const policy = [
  "default-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const pageHeaders = {
  'content-security-policy': policy,
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

/** Says what is to be done where the dashboard was not built. */
const notBuilt =
  '<!doctype html><html lang="en"><title>Nodepool</title><p>The dashboard was not built: run script/bootstrap.';

/**
 * The dashboard: its page at `/`, for who asks for HTML, and its files below `/dashboard/`.
 *
 * To others `/` is the 404 that it was in the original. Source: docs/compatibility/interfaces.md section 3.
 */
export function dashboardPages(site: ReadonlyMap<string, Asset>): FastifyPluginAsync {
  return async (server) => {
    server.get('/', async (request, reply) => {
      reply.header('vary', 'accept, accept-encoding');
      if (!asksForHtml(request.headers.accept)) return reply.callNotFound();
      const page = site.get('index.html');
      reply.headers(pageHeaders).header('cache-control', 'no-cache');
      if (page === undefined) return await reply.code(503).type('text/html; charset=utf-8').send(notBuilt);
      return await send(request, reply, page);
    });
    server.get<{ Params: { readonly name: string } }>('/dashboard/:name', async (request, reply) => {
      const asset = site.get(request.params.name);
      if (asset?.immutable !== true) return reply.callNotFound();
      reply.headers({ vary: 'accept-encoding', 'cache-control': 'public, max-age=31536000, immutable' });
      return await send(request, reply, asset);
    });
  };
}

/** A browser names it; programs that take anything do not. */
function asksForHtml(accept: string | undefined): boolean {
  return accept !== undefined && /(?:^|,)\s*text\/html\s*(?:;|,|$)/i.test(accept);
}

async function send(request: FastifyRequest, reply: FastifyReply, asset: Asset): Promise<FastifyReply> {
  const { body, contentType, etag } = asset;
  reply.headers({ etag, 'x-content-type-options': 'nosniff' });
  const seen = request.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (seen?.includes(etag) === true) return await reply.code(304).send();
  const encoding = encodingOf(asset, String(request.headers['accept-encoding'] ?? ''));
  if (encoding === undefined) return await reply.type(contentType).send(body);
  return await reply.type(contentType).header('content-encoding', encoding.name).send(encoding.body);
}

function encodingOf(
  { brotli, gzip }: Asset,
  accepted: string,
): { readonly name: string; readonly body: Buffer } | undefined {
  const takes = (name: string): boolean =>
    new RegExp(`(?:^|,)\\s*${name}\\s*(?:,|$|;(?!\\s*q=0(?:\\.0*)?\\s*(?:,|$)))`, 'i').test(accepted);
  if (brotli !== undefined && takes('br')) return { name: 'br', body: brotli };
  return gzip !== undefined && takes('gzip') ? { name: 'gzip', body: gzip } : undefined;
}
