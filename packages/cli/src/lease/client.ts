import { type Clock, deadline, errorText } from '@nodepool/runtime';
import { CliError } from '../errors.js';

export interface LeaseClientOptions {
  /** Of the launchers, any of which will do; the first is asked first. */
  readonly servers: readonly string[];
  readonly token: string;
  readonly clock: Clock;
}

export interface LeaseCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/api/v1`. */
  readonly path: string;
  readonly body?: object;
  /** Makes it safe to send the call again. */
  readonly key?: string;
  /** How long one answer may take, milliseconds. */
  readonly answerMs: number;
  /** How long servers that cannot be reached, or have no time, are asked again, milliseconds. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal;
}

const pauseMs = 1_000;

/** Calls the API of whichever launcher answers; what may be sent twice is sent until one does. */
export class LeaseClient {
  readonly #options: LeaseClientOptions;
  #current = 0;

  constructor(options: LeaseClientOptions) {
    this.#options = options;
  }

  /**
   * @returns the body of the answer; undefined when it has none.
   * @throws NP_CLI_LEASE_REFUSED with what the server says; NP_CLI_LEASE_UNREACHABLE; the signal's reason.
   */
  async call(call: LeaseCall): Promise<unknown> {
    const { clock, servers } = this.#options;
    const giveUpMs = clock.monotonicMs() + call.patienceMs;
    for (let failures = 0; ; ) {
      const failure = await this.#tryOnce(call);
      if (!('problem' in failure)) return failure.body;
      call.signal?.throwIfAborted();
      failures += 1;
      this.#current += 1;
      const waitMs = failures % servers.length === 0 ? pauseMs : 0;
      if (clock.monotonicMs() + waitMs > giveUpMs) throw unreachable(failure.problem);
      if (waitMs > 0) await clock.sleep(waitMs, call.signal);
    }
  }

  get #server(): string {
    const { servers } = this.#options;
    return (servers[this.#current % servers.length] ?? '').replace(/\/+$/, '');
  }

  async #tryOnce(call: LeaseCall): Promise<{ readonly body: unknown } | { readonly problem: string }> {
    using limit = deadline(this.#options.clock, call.answerMs, call.signal);
    const server = this.#server;
    try {
      const answer = await fetch(`${server}/api/v1${call.path}`, {
        method: call.method,
        headers: this.#headers(call),
        redirect: 'error',
        signal: limit.signal,
        ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
      });
      const text = await answer.text();
      if (answer.ok) return { body: text === '' ? undefined : (JSON.parse(text) as unknown) };
      const problem = `${server} says: ${detailOf(text) ?? `status ${answer.status}`}`;
      if (isPassing(answer.status)) return { problem };
      throw new CliError('NP_CLI_LEASE_REFUSED', problem);
    } catch (error) {
      if (error instanceof CliError) throw error;
      return { problem: `${server}: ${errorText(error)}` };
    }
  }

  #headers({ body, key }: LeaseCall): Record<string, string> {
    return {
      authorization: `Bearer ${this.#options.token}`,
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'idempotency-key': key }),
    };
  }
}

/** Another server, or the same a little later, may answer better. */
function isPassing(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}

function detailOf(text: string): string | undefined {
  try {
    const { detail, code } = JSON.parse(text) as { readonly detail?: unknown; readonly code?: unknown };
    return typeof detail === 'string' && typeof code === 'string' ? `${detail} (${code})` : undefined;
  } catch {
    return undefined;
  }
}

function unreachable(problem: string): CliError {
  return new CliError('NP_CLI_LEASE_UNREACHABLE', `no launcher answers; ${problem}`);
}
