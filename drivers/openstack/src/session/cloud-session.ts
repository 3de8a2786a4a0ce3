import type { CallContext, ProviderDeps } from '@nodepool/driver-api';
import type { JsonObject } from '@nodepool/model';
import { processPlaces } from '../clouds/read-cloud.js';
import type { CloudPlaces } from '../clouds/search-path.js';
import { ApiError } from '../errors.js';
import { requestUrl, withQuery } from '../http/url.js';
import type { Connection } from './connection.js';
import { Connections } from './connections.js';
import { exchange } from './exchange.js';
import { allPages, pageIn } from './paging.js';
import { defaultProfile } from './profile.js';
import { repeating } from './repetition.js';
import type { Token } from './token.js';
import { uploadMarginMs } from './token-keeper.js';
import type { ApiCall, ApiResponse, CloudPlace, CloudProfile, CloudSession, ListCall, ServiceName } from './types.js';

/** For a request that is not an upload and says nothing else. */
const usualTimeoutMs = 60_000;

/** {@link OpenCloudSession} over HTTP. `places` is where this process finds its clouds, unless a test says otherwise. */
export function openCloudSession(
  place: CloudPlace,
  deps: ProviderDeps,
  places: CloudPlaces = processPlaces(),
): CloudSession {
  return new HttpCloudSession(place, deps, places);
}

class HttpCloudSession implements CloudSession {
  readonly cloudName: string;
  readonly #place: CloudPlace;
  readonly #deps: ProviderDeps;
  readonly #connections: Connections;

  constructor(place: CloudPlace, deps: ProviderDeps, places: CloudPlaces) {
    this.cloudName = place.cloud;
    this.#place = place;
    this.#deps = deps;
    this.#connections = new Connections(place, deps, places);
  }

  get region(): string | undefined {
    return this.#connections.last?.region.region ?? this.#place.regionName;
  }

  get profile(): CloudProfile {
    return this.#connections.last?.region.profile ?? defaultProfile;
  }

  async request(service: ServiceName, call: ApiCall, ctx: CallContext): Promise<ApiResponse> {
    const isStream = call.stream !== undefined;
    const isIdempotent = call.idempotent ?? ['GET', 'HEAD', 'DELETE'].includes(call.method);
    return await repeating(
      () => this.#authorised(service, call, ctx),
      { isIdempotent: isIdempotent && !isStream, isStream },
      this.#deps,
      ctx,
    );
  }

  async list(service: ServiceName, call: ListCall, ctx: CallContext): Promise<readonly JsonObject[]> {
    const { path, query, collection, ...rest } = call;
    return await allPages(withQuery(path, query), async (page) => {
      const { body } = await this.request(service, { ...rest, method: 'GET', path: page }, ctx);
      return pageIn(body, collection);
    });
  }

  async hasService(service: ServiceName, ctx: CallContext): Promise<boolean> {
    const connection = this.#connections.current();
    const token = await this.#token(connection, ctx);
    return connection.roots.endpoint(service, token) !== undefined;
  }

  async maxMicroversion(service: ServiceName, ctx: CallContext): Promise<string | undefined> {
    const connection = this.#connections.current();
    return await connection.roots.maxMicroversion(service, await this.#token(connection, ctx), ctx);
  }

  async projectId(ctx: CallContext): Promise<string | undefined> {
    return (await this.#token(this.#connections.current(), ctx))?.projectId;
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  /** One request; a second one with a new token when the first is refused for its token. */
  async #authorised(service: ServiceName, call: ApiCall, ctx: CallContext): Promise<ApiResponse> {
    const connection = this.#connections.current();
    const marginMs = call.stream === undefined ? undefined : uploadMarginMs;
    const token = await this.#token(connection, ctx, marginMs);
    try {
      return await this.#send(connection, token, service, call, ctx);
    } catch (error) {
      if (token === undefined || !(error instanceof ApiError)) throw error;
      if (error.status !== 401 && !(await this.#hidesRefusal(error, connection, token, call, ctx))) throw error;
      ctx.log.debug({ service }, 'renewed a token that was refused');
      connection.dropToken(token);
    }
    return await this.#send(connection, await this.#token(connection, ctx, marginMs), service, call, ctx);
  }

  /**
   * Whether a cut in an upload comes from a refused token. A service that answers 401 does not read on, and its answer is
   * often lost when the connection breaks under what is still being sent; so Keystone is asked about the token.
   */
  async #hidesRefusal(
    error: ApiError,
    connection: Connection,
    token: Token,
    call: ApiCall,
    ctx: CallContext,
  ): Promise<boolean> {
    const isCut = error.status === undefined && error.code === 'transient' && error.sent;
    if (call.stream === undefined || !isCut || ctx.signal.aborted) return false;
    const question = {
      method: 'GET',
      path: '/auth/tokens',
      query: { nocatalog: 'true' },
      headers: { 'x-subject-token': token.id.reveal() },
    } as const;
    return await this.#send(connection, token, 'identity', question, ctx).then(
      () => false,
      (answer: unknown) => answer instanceof ApiError && answer.status === 401,
    );
  }

  async #token(connection: Connection, ctx: CallContext, marginMs?: number): Promise<Token | undefined> {
    try {
      return await connection.token(ctx, marginMs);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'misconfigured') this.#connections.suspect(error);
      throw error;
    }
  }

  async #send(
    connection: Connection,
    token: Token | undefined,
    service: ServiceName,
    call: ApiCall,
    ctx: CallContext,
  ): Promise<ApiResponse> {
    const root = await connection.roots.root(service, token, ctx);
    const { stream, body, method } = call;
    const payload = stream?.open() ?? (body === undefined ? undefined : JSON.stringify(body));
    const timeoutMs = call.timeoutMs ?? connection.region.apiTimeoutMs ?? usualTimeoutMs;
    const request = exchange(
      {
        method,
        url: withQuery(requestUrl(root, call.path), call.query),
        headers: headersOf(call, service, token),
        ...(payload !== undefined && { body: payload }),
        timeoutMs: stream !== undefined && call.timeoutMs === undefined ? undefined : timeoutMs,
        doing: call.doing ?? `${method} ${call.path.replace(/\?.*$/, '')} of the ${service} service`,
        service,
        secrets: token === undefined ? connection.secrets : [token.id, ...connection.secrets],
        badRequest: call.badRequest ?? 'misconfigured',
      },
      { http: connection.http, clock: this.#deps.clock },
      ctx,
    );
    return await request.finally(() => typeof payload === 'object' && payload.destroy());
  }
}

/** Holds the token in clear. */
function headersOf(call: ApiCall, service: ServiceName, token: Token | undefined): Record<string, string> {
  const { stream, body, microversion } = call;
  const contentType = stream !== undefined ? 'application/octet-stream' : 'application/json';
  return {
    accept: 'application/json',
    ...((stream !== undefined || body !== undefined) && { 'content-type': contentType }),
    ...(stream?.length !== undefined && { 'content-length': String(stream.length) }),
    ...(microversion !== undefined && microversionHeaders(service, microversion)),
    ...lowerCased(call.headers ?? {}),
    ...(token !== undefined && { 'x-auth-token': token.id.reveal() }),
  };
}

/** Nova older than 2.27 knows only a header of its own. */
function microversionHeaders(service: ServiceName, version: string): Record<string, string> {
  return {
    'openstack-api-version': `${service} ${version}`,
    ...(service === 'compute' && { 'x-openstack-nova-api-version': version }),
  };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
