import type { CallContext } from '@nodepool/driver-api';
import type { Clock } from '@nodepool/runtime';
import { ApiError } from '../errors.js';
import { SharedWork } from './shared-work.js';
import type { Token } from './token.js';

/** Time that a token must be good for when a request begins, milliseconds. */
const usualMarginMs = 120_000;

/** The same for an upload: the service checks the token once more when all of it has come. */
export const uploadMarginMs = 900_000;

/** After a refusal Keystone is left alone for this long: some lock a user out after a few wrong passwords. */
const refusalMs = 60_000;

interface Held {
  readonly token: Token;
  /** On the monotonic clock; undefined is never, as far as is known. */
  readonly expiresMs: number | undefined;
}

/** Keeps one token good: renews it before it ends, and when a service has refused it; once for all who need it. */
export class TokenKeeper {
  readonly #signIn: (ctx: CallContext) => Promise<Token>;
  readonly #clock: Clock;
  readonly #work = new SharedWork<Token>();
  #held: Held | undefined;
  #refusal: { readonly error: ApiError; readonly untilMs: number } | undefined;

  constructor(signIn: (ctx: CallContext) => Promise<Token>, clock: Clock) {
    this.#signIn = signIn;
    this.#clock = clock;
  }

  /** @throws ApiError what signing in throws; the same again, unasked, for a minute after a refusal. */
  async current(ctx: CallContext, marginMs = usualMarginMs): Promise<Token> {
    const held = this.#held;
    if (held !== undefined && this.#isGood(held, marginMs)) return held.token;
    return await this.#work.run(ctx, (inner) => this.#renew(inner));
  }

  /** A service has refused it. Others may have found that out as well: only the one that is held is dropped. */
  drop(token: Token): void {
    if (this.#held?.token === token) this.#held = undefined;
  }

  #isGood({ token, expiresMs }: Held, marginMs: number): boolean {
    if (expiresMs === undefined) return true;
    // A token that lives for a few minutes only would otherwise be renewed at every request.
    const margin = Math.min(marginMs, (token.lifetimeMs ?? 0) / 2);
    return this.#clock.monotonicMs() + margin < expiresMs;
  }

  async #renew(ctx: CallContext): Promise<Token> {
    const startMs = this.#clock.monotonicMs();
    if (this.#refusal !== undefined && startMs < this.#refusal.untilMs) throw this.#refusal.error;
    try {
      const token = await this.#signIn(ctx);
      const { lifetimeMs } = token;
      this.#held = { token, expiresMs: lifetimeMs === undefined ? undefined : startMs + lifetimeMs };
      this.#refusal = undefined;
      return token;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'misconfigured' && error.status !== undefined) {
        this.#refusal = { error, untilMs: startMs + refusalMs };
      }
      throw error;
    }
  }
}
