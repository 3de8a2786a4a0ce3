import type { Readable } from 'node:stream';
import { type Clock, errorCode } from '@nodepool/runtime';
import { type Dispatcher, errors } from 'undici';
import type { TlsSettings } from '../clouds/cloud-region.js';
import { ApiError } from '../errors.js';
import { makeDispatcher } from './dispatcher.js';
import { endingAfter } from './ending-after.js';

export interface HttpRequest {
  readonly method: Dispatcher.HttpMethod;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
  readonly signal: AbortSignal;
  /** For the whole exchange, milliseconds; undefined is none. */
  readonly timeoutMs: number | undefined;
  /** What is being attempted, for messages. */
  readonly doing: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; of a repeated header the first value. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Makes requests, one answer each. Judges no status. */
export interface HttpClient {
  /**
   * @throws ApiError `transient` without a status when no answer came: its cause says why. `misconfigured` when the
   *   certificate is refused. The signal's reason when the caller aborts.
   */
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** Longest answer that is read, bytes: thousands of servers in detail. */
const longestAnswer = 64 * 1024 * 1024;

export interface HttpClientOptions {
  readonly tls: TlsSettings;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For the name in certificate errors. */
  readonly cloud: string;
}

/** Pooled, kept-alive connections to the services of one cloud. */
export function openHttpClient({ tls, clock, env, cloud }: HttpClientOptions): HttpClient {
  const dispatcher = makeDispatcher(tls, env, cloud);
  return {
    send: async (request) => {
      request.signal.throwIfAborted();
      using time = endingAfter(clock, request.timeoutMs, request.signal);
      try {
        return await exchange(dispatcher, request, time.signal);
      } catch (error) {
        if (request.signal.aborted) throw request.signal.reason;
        throw noAnswer(error, request, time.signal.aborted, cloud);
      }
    },
    close: () => dispatcher.destroy(),
  };
}

async function exchange(dispatcher: Dispatcher, request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const { origin, pathname, search } = new URL(request.url);
  const { statusCode, headers, body } = await dispatcher.request({
    origin,
    path: pathname + search,
    method: request.method,
    headers: request.headers,
    ...(request.body !== undefined && { body: request.body }),
    signal,
  });
  return { status: statusCode, headers: flat(headers), text: await readText(body) };
}

async function readText(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > longestAnswer) throw new ApiError('misconfigured', `an answer of more than ${longestAnswer} bytes`);
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const single: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) single[name.toLowerCase()] = first;
  }
  return single;
}

/** Errors of a handshake in which the peer, or we, were not believed. */
const refusedCertificate = /^(CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|ERR_TLS_CERT|ERR_SSL_.*CERT|HOSTNAME_MISMATCH)/;

/** Errors before a byte of the request was sent: it may be made again whatever it was. */
const notConnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function noAnswer(error: unknown, request: HttpRequest, timedOut: boolean, cloud: string): ApiError {
  if (error instanceof ApiError) return error;
  const host = new URL(request.url).host;
  const code = errorCode(error) ?? '';
  if (refusedCertificate.test(code)) {
    const remedy = 'name its authority with cacert in clouds.yaml, or check cert and key';
    return new ApiError('misconfigured', `${request.doing}: the certificate of ${host} (cloud ${cloud}): ${remedy}`, {
      cause: error,
    });
  }
  if (timedOut) {
    return new ApiError('transient', `${request.doing}: no answer from ${host} in time`, { cause: error });
  }
  const sent = !notConnected.has(code) && !(error instanceof errors.ConnectTimeoutError);
  const what = sent ? 'the connection broke' : 'no connection';
  return new ApiError('transient', `${request.doing}: ${what} (${host})`, { cause: error, sent });
}
