import { type ApiClient, ApiError } from '../api/client.js';
import type { Caller } from '../api/types.js';
import { Observable } from './observable.js';

/** What the operator is asked for, while they are. */
export interface TokenQuestion {
  /** Why a token is needed, or why the last one would not do. */
  readonly reason: string;
}

export interface TokenState {
  readonly caller: Caller | undefined;
  readonly question: TokenQuestion | undefined;
}

/** Asks for the token when one is needed, once per tab, and tells who it belongs to. */
export class TokenDesk {
  readonly state = new Observable<TokenState>({ caller: undefined, question: undefined });
  readonly #client: ApiClient;
  #waiting: ((given: boolean) => void)[] = [];

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** Resolves with true when there is a token, with false when the operator would not give one. */
  ask(reason: string): Promise<boolean> {
    this.state.set({ ...this.state.value, question: { reason } });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Tries a token. @throws ApiError when it is not known, or cannot be tried. */
  async give(token: string): Promise<void> {
    const caller = await this.#client.call<Caller>('/caller', { token });
    if (caller.name === null) throw new ApiError('NO_TOKEN', 0, 'Type a token.');
    this.#client.setToken(token);
    this.#settle(caller, true);
  }

  giveUp(): void {
    this.#settle(this.state.value.caller, false);
  }

  forget(): void {
    this.#client.setToken(undefined);
    this.state.set({ ...this.state.value, caller: undefined });
  }

  /**
   * Makes a change on the operator's behalf; asks for the token first where there is none, and again when it is refused.
   *
   * @returns false when the operator would not give a token.
   * @throws ApiError why the change was not made.
   */
  async act(change: () => Promise<unknown>): Promise<boolean> {
    if (!this.#client.hasToken && !(await this.ask('Changes need a token with the scope “operate”.'))) return false;
    for (;;) {
      try {
        await change();
        return true;
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 401) throw error;
        this.forget();
        if (!(await this.ask(error.message))) return false;
      }
    }
  }

  #settle(caller: Caller | undefined, given: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.state.set({ caller, question: undefined });
    for (const resolve of waiting) resolve(given);
  }
}
