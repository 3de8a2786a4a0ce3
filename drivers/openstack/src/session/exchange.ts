import type { CallContext, ProviderErrorCode } from '@nodepool/driver-api';
import type { JsonValue } from '@nodepool/model';
import { type Clock, noSpan, type Secret, type Span, traced } from '@nodepool/runtime';
import { refusalError } from '../errors.js';
import type { HttpClient, HttpRequest } from '../http/http-client.js';
import type { ApiResponse } from './types.js';

/** One request and what is to be made of its answer. */
export interface Exchange extends Omit<HttpRequest, 'signal'> {
  /** For the log. */
  readonly service: string;
  /** What must not be shown, should the service quote it. */
  readonly secrets: readonly Secret[];
  readonly badRequest: ProviderErrorCode;
  /** Answers that are no errors here, besides those below 300. */
  readonly accepted?: readonly number[];
}

export interface ExchangeDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
}

/**
 * Takes a turn under `rate`, makes one request, reads its answer.
 *
 * @throws ApiError for an answer that is not a success, or none.
 */
export async function exchange(
  request: Exchange,
  { http, clock }: ExchangeDeps,
  ctx: CallContext,
): Promise<ApiResponse> {
  await ctx.pace?.turn();
  const { method, service, url } = request;
  const attributes = { 'http.request.method': method, 'url.path': new URL(url).pathname };
  return traced(ctx.span ?? noSpan, `${method} ${service}`, attributes, (span) =>
    answered(request, { http, clock }, ctx, span),
  );
}

async function answered(
  request: Exchange,
  { http, clock }: ExchangeDeps,
  ctx: CallContext,
  span: Span,
): Promise<ApiResponse> {
  const startMs = clock.monotonicMs();
  const answer = await http.send({
    ...request,
    // Signing in included: a cloud's logs show by it whose requests they are.
    headers: { 'user-agent': 'nodepool', ...request.headers },
    signal: ctx.signal,
  });
  const { status, headers } = answer;
  span.set({ 'http.response.status_code': status, 'openstack.request_id': headers['x-openstack-request-id'] });
  ctx.log.debug(
    {
      service: request.service,
      method: request.method,
      path: new URL(request.url).pathname,
      status,
      cloudRequestId: headers['x-openstack-request-id'],
      tookMs: Math.round(clock.monotonicMs() - startMs),
    },
    'called the cloud',
  );
  const isAccepted = (status >= 200 && status < 300) || request.accepted?.includes(status) === true;
  if (isAccepted) return { status, headers, body: parsed(answer.text, headers['content-type']) };
  const body = parsed(masked(answer.text, request.secrets), headers['content-type']);
  throw refusalError({ status, headers, body }, request.doing, request.badRequest, clock.now());
}

/** Errors often come with a content type that is not theirs: what parses is JSON. */
function parsed(text: string, contentType: string | undefined): JsonValue {
  if (text === '') return null;
  if (contentType?.includes('json') !== true && !/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function masked(text: string, secrets: readonly Secret[]): string {
  return secrets.reduce((shown, secret) => {
    const hidden = secret.reveal();
    return hidden === '' ? shown : shown.replaceAll(hidden, String(secret));
  }, text);
}
