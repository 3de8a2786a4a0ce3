import { callOwner } from '../call-owner.js';
import { ZooKeeperError } from '../errors.js';
import type { SessionState } from '../types.js';

/** The state of a session and who wants to know. */
export class StateListeners {
  readonly #listeners = new Set<(state: SessionState) => void>();
  #state: SessionState = 'connecting';

  get state(): SessionState {
    return this.#state;
  }

  enter(state: SessionState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of [...this.#listeners]) callOwner(() => listener(state));
  }

  subscribe(listener: (state: SessionState) => void): Disposable {
    // One function may be registered twice; each registration is disposed of by itself.
    const own = (state: SessionState): void => listener(state);
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  /** @throws what aborted `signal`, or a ZooKeeperError when the session has ended. */
  connected(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const check = (state: SessionState): boolean => {
        if (state === 'connected') resolve();
        else if (state === 'expired') reject(new ZooKeeperError('ZK_SESSION_EXPIRED'));
        else if (state === 'closed') reject(new ZooKeeperError('ZK_CLOSED'));
        else return false;
        return true;
      };
      if (check(this.#state)) return;
      const onAbort = (): void => {
        subscription[Symbol.dispose]();
        reject(signal?.reason);
      };
      const subscription = this.subscribe((state) => {
        if (!check(state)) return;
        subscription[Symbol.dispose]();
        signal?.removeEventListener('abort', onAbort);
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
