import type { Config } from '@nodepool/config';
import type { Clock, Logger, Random } from '@nodepool/runtime';
import type { Store, StoreCaches } from '@nodepool/store';
import type { FastifyInstance } from 'fastify';
import { type Allowances, allowancesOf, type Caller, Gate } from '../access/gate.js';
import { WebError } from '../errors.js';
import { type AddRoute, routeAdder } from './add-route.js';
import type { ApiContext, Explain } from './api-context.js';
import { EventHub } from './events/event-hub.js';
import { problemMediaType, toProblem } from './problem.js';
import { buildCalls } from './resources/builds.js';
import { capacityCalls } from './resources/capacity.js';
import { imageCalls } from './resources/images.js';
import { nodeCalls } from './resources/nodes.js';
import { requestCalls } from './resources/requests.js';
import { type MetricsSource, serviceCalls } from './resources/service.js';
import { allowedMethods } from './routes/allowed-methods.js';
import { CapacityViews, type ProviderFacts } from './views/capacity-views.js';
import { History } from './views/history.js';
import { ImageViews } from './views/image-views.js';
import { Revisions } from './views/revisions.js';
import { Tally } from './views/tally.js';

/** The configuration in use, and word when there is a new one. */
export interface ConfigSource {
  current(): Config;
  onChange(listener: () => void): Disposable;
}

/** Adds calls of another package to the API, below `/api/v1`. */
export type ApiPlugin = (server: FastifyInstance, add: AddRoute) => void | Promise<void>;

export interface ApiOptions {
  readonly config: ConfigSource;
  readonly store: Store;
  readonly caches: StoreCaches;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly version: string;
  /** What the launcher has found out of its providers. */
  readonly providerFacts: () => readonly ProviderFacts[];
  readonly explain?: Explain;
  readonly metrics?: MetricsSource;
  readonly plugins?: readonly ApiPlugin[];
  readonly allowances?: Allowances;
}

/** HTTP API v1, as a plugin for the prefix `/api/v1`. */
export async function apiPlugin(server: FastifyInstance, options: ApiOptions): Promise<void> {
  const { config, store, caches, clock, log, random, version, metrics, plugins = [] } = options;
  const { allowances = allowancesOf(config.current().webapp) } = options;
  const closing = new AbortController();
  const settings = (): Config['webapp'] => config.current().webapp;
  const gate = new Gate({ settings, clock, allowances });
  const add = routeAdder({ gate, audit: log.child({}, 'nodepool.audit'), closing: closing.signal });
  const epoch = random.hexId().slice(0, 12);
  const onConfigChange = (listener: () => void): Disposable => config.onChange(listener);
  const tally = new Tally(caches);
  const images = new ImageViews(caches.images, () => config.current());
  const facts = options.providerFacts;
  const capacity = new CapacityViews({ caches, config: () => config.current(), facts, tally });
  const hub = new EventHub({ caches, store, images, capacity, tally, clock, log, epoch, onConfigChange });
  const history = new History({ tally, caches, clock, onPoint: (point) => hub.pointTaken(point) });
  const revisions = new Revisions(epoch, caches, onConfigChange);
  const taking = history.run(closing.signal);
  server.addHook('onClose', async () => {
    await taking;
    revisions[Symbol.dispose]();
    tally[Symbol.dispose]();
  });
  // Connections that are open keep a server from closing: they are ended before.
  server.addHook('preClose', async () => {
    closing.abort(new DOMException('the web server closes', 'AbortError'));
    await hub[Symbol.asyncDispose]();
  });
  answerWithProblems(server, log);
  server.removeContentTypeParser('text/plain');
  server.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-cache');
  });
  const context: ApiContext = {
    add,
    config: () => config.current(),
    store,
    caches,
    clock,
    explain: options.explain ?? (async () => cannotExplain()),
    images,
    capacity,
    tally,
    history,
    revisions,
    logStreams: { open: 0 },
    operator: (caller, signal) => ({
      store,
      clock,
      random,
      operator: operatorName(caller),
      signal,
      warn: (text) => log.warn({ token: caller.name, warning: text }, 'operator should know'),
    }),
  };
  for (const calls of [nodeCalls, requestCalls, imageCalls, buildCalls, capacityCalls]) calls(server, context);
  serviceCalls(server, context, { gate, hub, metrics, version });
  for (const plugin of plugins) await plugin(server, add);
}

function operatorName({ name }: Caller): string {
  return `${name ?? 'nobody'}@web`;
}

function cannotExplain(): never {
  throw new WebError('NP_WEB_BUSY', 'this launcher cannot explain');
}

function answerWithProblems(server: FastifyInstance, log: Logger): void {
  server.setErrorHandler(async (error, request, reply) => {
    const { status, headers, problem } = toProblem(error);
    if (status >= 500 && !reply.sent) log.warn({ error, method: request.method, path: request.url }, 'call failed');
    return await reply.code(status).headers(headers).type(problemMediaType).send(JSON.stringify(problem));
  });
  server.setNotFoundHandler(async (request) => {
    const allowed = allowedMethods(request.url);
    if (allowed.length === 0) throw new WebError('NP_WEB_NOT_FOUND', 'there is nothing under this path');
    const headers = { allow: allowed.join(', ') };
    throw new WebError('NP_WEB_METHOD', `the path takes ${headers.allow}`, { headers });
  });
}
