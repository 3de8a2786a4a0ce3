import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Clock, errorCode } from '@nodepool/runtime';
import type { BuilderContext } from '../context.js';
import { findBuildLog, findGateLogs } from './find-log.js';
import { type GrowingFile, readGrowing } from './stream-file.js';

/** Requests at once: nobody can make a builder hold more files open than this. */
const atOnce = 32;

/** A server that shows build logs. */
export interface LogServer extends AsyncDisposable {
  /** Address under which others reach it. */
  readonly url: string;
}

/** What the builder has measured, for Prometheus. */
export interface Measurements {
  text(): Promise<string>;
  readonly contentType: string;
}

/** Where requests go. */
type Route = {
  readonly kind: 'log' | 'gates';
  readonly build: string;
  readonly offset: number;
  readonly follow: boolean;
};

/**
 * Starts the server; undefined, with a warning, when its address cannot be had: building is what matters.
 *
 * @param onJobs calls back when a build has begun or ended.
 * @param measurements shown at `/metrics`.
 */
export async function startLogServer(
  context: BuilderContext,
  onJobs: (listener: () => void) => Disposable,
  measurements?: Measurements,
): Promise<LogServer | undefined> {
  const { config, log, identity } = context;
  const { listenAddress, port, url } = config.current().buildLogServer;
  const stop = new AbortController();
  let running = 0;
  const server = createServer({ requestTimeout: 10_000, keepAliveTimeout: 1_000 }, (request, response) => {
    if (running >= atOnce) {
      answer(response, 503, 'too many requests at once');
      return;
    }
    running += 1;
    const isScrape = measurements !== undefined && request.method === 'GET' && request.url === '/metrics';
    const served = isScrape
      ? showMeasurements(measurements, response)
      : serve(context, onJobs, request, response, stop.signal);
    served
      .catch((error: unknown) => {
        log.debug({ error }, 'log could not be shown');
        response.destroy();
      })
      .finally(() => {
        running -= 1;
      });
  });
  try {
    server.listen(port, listenAddress);
    await once(server, 'listening');
  } catch (error) {
    log.warn({ listenAddress, port, error }, 'build logs are not shown: their address cannot be had');
    return undefined;
  }
  return {
    url: url?.replace(/\/$/, '') ?? ownUrl(server, listenAddress, identity.fqdn),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      server.close();
      server.closeAllConnections();
    },
  };
}

function ownUrl(server: Server, listenAddress: string, fqdn: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const isEverywhere = listenAddress === '0.0.0.0' || listenAddress === '::';
  const host = isEverywhere ? fqdn : listenAddress.includes(':') ? `[${listenAddress}]` : listenAddress;
  return `http://${host}:${port}`;
}

async function serve(
  context: BuilderContext,
  onJobs: (listener: () => void) => Disposable,
  request: IncomingMessage,
  response: ServerResponse,
  stop: AbortSignal,
): Promise<void> {
  const route = request.method === 'GET' ? routeOf(request.url ?? '') : undefined;
  if (route === undefined) {
    answer(response, 404, 'not found');
    return;
  }
  const files = await filesOf(context, onJobs, route);
  if (files.length === 0) {
    answer(response, 404, 'no such log here');
    return;
  }
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, stop]);
  try {
    await send(files, response, context.clock, signal);
  } catch (error) {
    if (signal.aborted) return;
    if (response.headersSent || errorCode(error) !== 'ENOENT') throw error;
    answer(response, 404, 'this build has no log here');
  }
}

async function showMeasurements({ text, contentType }: Measurements, response: ServerResponse): Promise<void> {
  const body = await text();
  response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);
}

async function send(
  files: readonly GrowingFile[],
  response: ServerResponse,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (const file of files) {
    for await (const chunk of readGrowing(file, clock, signal)) {
      if (!response.headersSent) begin(response);
      if (!response.write(chunk)) await once(response, 'drain', { signal });
    }
  }
  if (!response.headersSent) begin(response);
  response.end();
}

function begin(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
}

/** `/builds/<image>-<build id>/log?offset=<bytes>&follow=1` and `/builds/<image>-<build id>/gates`. */
function routeOf(target: string): Route | undefined {
  const { pathname, searchParams } = new URL(target, 'http://localhost');
  const match = /^\/builds\/([^/]+)\/(log|gates)$/.exec(pathname);
  if (match === null) return undefined;
  const offset = Number(searchParams.get('offset') ?? 0);
  if (!Number.isSafeInteger(offset) || offset < 0) return undefined;
  try {
    const build = decodeURIComponent(match[1] ?? '');
    return { kind: match[2] === 'log' ? 'log' : 'gates', build, offset, follow: searchParams.get('follow') === '1' };
  } catch {
    return undefined;
  }
}

async function filesOf(
  context: BuilderContext,
  onJobs: (listener: () => void) => Disposable,
  { kind, build, offset, follow }: Route,
): Promise<readonly GrowingFile[]> {
  const still = { grows: () => false, onEnd: onJobs };
  if (kind === 'gates') return (await findGateLogs(context, build)).map((path) => ({ path, offset: 0, ...still }));
  const log = findBuildLog(context, build);
  if (log === undefined) return [];
  return [{ path: log.path, offset, ...still, ...(follow && { grows: log.isRunning }) }];
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
