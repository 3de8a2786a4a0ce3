import type { TokenScope, WebappConfig } from '@nodepool/config';
import type { Clock } from '@nodepool/runtime';
import type { FastifyRequest } from 'fastify';
import { WebError } from '../errors.js';
import { type Allowance, TokenBuckets } from './token-buckets.js';
import { allows, bearerToken, findToken } from './tokens.js';

/** Who makes a call. */
export interface Caller {
  /** Name of the token; null without one. */
  readonly name: string | null;
  readonly scopes: readonly TokenScope[];
}

export interface Allowances {
  /** Reads of one address. */
  readonly reads: Allowance;
  /** Changes by one token. */
  readonly changes: Allowance;
  /** Calls of one address that were refused for their token. */
  readonly failures: Allowance;
}

/** What the configuration lets callers do. */
export function allowancesOf({
  readsPerSecond,
  changesPerSecond,
}: Pick<WebappConfig, 'readsPerSecond' | 'changesPerSecond'>): Allowances {
  return {
    reads: { burst: Math.max(1, 5 * readsPerSecond), perSecond: readsPerSecond },
    changes: { burst: Math.max(1, 6 * changesPerSecond), perSecond: changesPerSecond },
    failures: { burst: 20, perSecond: 0.5 },
  };
}

export interface GateOptions {
  /** Asked at every call: a token that is removed is refused at once. */
  readonly settings: () => Pick<WebappConfig, 'readAccess' | 'tokens'>;
  readonly clock: Clock;
  readonly allowances: Allowances;
}

const nobody: Caller = { name: null, scopes: [] };

/** Decides who may make a call, and how often. */
export class Gate {
  readonly #options: GateOptions;
  readonly #reads: TokenBuckets;
  readonly #changes: TokenBuckets;
  readonly #failures: TokenBuckets;

  constructor(options: GateOptions) {
    const { reads, changes, failures } = options.allowances;
    this.#options = options;
    this.#reads = new TokenBuckets(reads);
    this.#changes = new TokenBuckets(changes);
    this.#failures = new TokenBuckets(failures);
  }

  /**
   * Lets a call in.
   *
   * @throws WebError NP_WEB_UNAUTHENTICATED, NP_WEB_FORBIDDEN, NP_WEB_CROSS_SITE, NP_WEB_RATE_LIMITED.
   */
  admit(request: FastifyRequest, scope: TokenScope | 'open', isChange: boolean): Caller {
    const nowMs = this.#options.clock.monotonicMs();
    const caller = this.#identify(request, nowMs);
    const { readAccess, tokens } = this.#options.settings();
    const needsToken = isChange || (scope !== 'open' && (scope !== 'read' || readAccess === 'token'));
    if (needsToken && caller.name === null) throw this.#refuse(request, nowMs, noToken(tokens.length > 0));
    if (needsToken && scope !== 'open' && !allows(caller.scopes, scope)) {
      throw new WebError('NP_WEB_FORBIDDEN', `the call needs the scope "${scope}", which token ${caller.name} has not`);
    }
    if (isChange) refuseCrossSite(request);
    const waitMs = isChange
      ? this.#changes.take(caller.name ?? request.ip, nowMs)
      : this.#reads.take(request.ip, nowMs);
    if (waitMs > 0) throw tooMany(waitMs);
    return caller;
  }

  /** What a caller may do, where reads may be open to everybody. */
  scopesOf(caller: Caller): readonly TokenScope[] {
    const isOpen = this.#options.settings().readAccess === 'open';
    return isOpen && !caller.scopes.includes('read') ? ['read', ...caller.scopes] : caller.scopes;
  }

  /** A token that is sent must be right, also where none is needed: its owner wants to know. */
  #identify(request: FastifyRequest, nowMs: number): Caller {
    const header = request.headers.authorization;
    if (header === undefined) return nobody;
    const waitMs = this.#failures.wait(request.ip, nowMs);
    if (waitMs > 0) throw tooMany(waitMs);
    const presented = bearerToken(header);
    const token = presented === undefined ? undefined : findToken(this.#options.settings().tokens, presented);
    if (token === undefined) throw this.#refuse(request, nowMs, 'the token is not known; the secure file has its hash');
    return token;
  }

  #refuse(request: FastifyRequest, nowMs: number, detail: string): WebError {
    const waitMs = this.#failures.take(request.ip, nowMs);
    if (waitMs > 0) return tooMany(waitMs);
    return new WebError('NP_WEB_UNAUTHENTICATED', detail, {
      headers: { 'www-authenticate': 'Bearer realm="nodepool"' },
    });
  }
}

function noToken(isPossible: boolean): string {
  return isPossible
    ? 'send a token: "Authorization: Bearer TOKEN"'
    : 'the call needs a token, and none is configured; "nodepool web-token NAME" makes one';
}

function tooMany(waitMs: number): WebError {
  const seconds = Math.ceil(waitMs / 1000);
  return new WebError('NP_WEB_RATE_LIMITED', `call again in ${seconds} s`, {
    headers: { 'retry-after': `${seconds}` },
  });
}

/** There are no cookies to be abused; a page of another site has no business here all the same. */
function refuseCrossSite(request: FastifyRequest): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  // As a trusted proxy was asked for it, where there is one.
  const isForeign = origin !== undefined && hostOf(origin) !== request.host;
  if (isForeign || site === 'cross-site') {
    throw new WebError('NP_WEB_CROSS_SITE', 'changes are taken from pages of this server and from programs only');
  }
}

function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host;
}
