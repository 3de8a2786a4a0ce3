import { type Clock, deadline, isAbort, type Logger, Semaphore } from '@nodepool/runtime';
import { linkSignals } from '../signals.js';
import { reach } from './connect.js';
import { HostCheckError } from './errors.js';
import { type HostKeyType, hostKeyTypes, readHostKey } from './ssh-key.js';

/** Who waits for a machine, and how long. */
export interface HostCheckTarget {
  readonly host: string;
  readonly port: number;
  /** `ssh` and `network_cli` yield host keys; for anything else an open port is enough. */
  readonly connectionType: string | null;
  readonly bootTimeoutMs: number;
}

const atOnce = 100;
const connectMs = 10_000;
/** How long a server may take from the connection to its greeting; then the connection is made anew. */
const greetingMs = 5_000;
const negotiationMs = 20_000;
const retryMs = 500;
const otherKeyAttempts = 2;

/** Repeats an attempt, each within so many milliseconds, until one succeeds. */
type Again = <T>(ms: number, attempt: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** Waits until machines answer and collects their host keys. Source: docs/compatibility/launcher.md section 7.2. */
export class HostCheck {
  readonly #clock: Clock;
  readonly #places = new Semaphore(atOnce);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @returns the host keys, as lines of `<type> <base64>`; none for connections other than SSH.
   * @throws HostCheckError when the boot timeout has passed, or the signal's reason.
   */
  async run(target: HostCheckTarget, signal: AbortSignal, log: Logger): Promise<readonly string[]> {
    if (target.host.includes('fake')) return ['ssh-rsa FAKEKEY'];
    return this.#places.run(() => this.#check(target, signal, log), signal);
  }

  async #check(target: HostCheckTarget, signal: AbortSignal, log: Logger): Promise<readonly string[]> {
    const where = `${target.host} port ${target.port}`;
    using boot = deadline(this.#clock, target.bootTimeoutMs);
    using both = linkSignals(boot.signal, signal);
    let last: unknown;
    const again: Again = (ms, attempt) =>
      this.#untilDone(ms, attempt, both.signal, (error) => {
        last = error;
      });
    try {
      if (target.connectionType !== 'ssh' && target.connectionType !== 'network_cli') {
        await again(connectMs, (each) => reach(target.host, target.port, undefined, each));
        return [];
      }
      await again(greetingMs, (each) => reach(target.host, target.port, 'SSH-', each));
      return await this.#hostKeys(target, again, both.signal, log);
    } catch (error) {
      if (isAbort(error, signal)) throw error;
      log.debug({ host: target.host, error: last ?? error }, 'gave up waiting for host');
      throw new HostCheckError(where, { cause: last });
    }
  }

  /** One negotiation that takes whatever key the server prefers, then one for each type not seen yet. */
  async #hostKeys(target: HostCheckTarget, again: Again, signal: AbortSignal, log: Logger): Promise<readonly string[]> {
    const first = await again(negotiationMs, (each) => readHostKey(target, hostKeyTypes, each));
    const keys = first === undefined ? [] : [first];
    for (const type of hostKeyTypes.filter((each) => first?.startsWith(`${each} `) !== true)) {
      const key = await this.#otherKey(target, type, signal, log);
      if (key !== undefined) keys.push(key);
    }
    return keys;
  }

  /** A server that offers a type without having such a key hangs up (dropbear does): tried twice, then left out. */
  async #otherKey(
    target: HostCheckTarget,
    type: HostKeyType,
    signal: AbortSignal,
    log: Logger,
  ): Promise<string | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      using limit = deadline(this.#clock, negotiationMs);
      using both = linkSignals(limit.signal, signal);
      try {
        return await readHostKey(target, [type], both.signal);
      } catch (error) {
        signal.throwIfAborted();
        log.debug({ host: target.host, type, attempt, error }, 'reading a host key failed');
        if (attempt === otherKeyAttempts) return undefined;
      }
    }
  }

  async #untilDone<T>(
    limitMs: number,
    attempt: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
    onError: (error: unknown) => void,
  ): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      using limit = deadline(this.#clock, limitMs);
      using both = linkSignals(limit.signal, signal);
      try {
        return await attempt(both.signal);
      } catch (error) {
        signal.throwIfAborted();
        onError(error);
      }
      await this.#clock.sleep(retryMs, signal);
    }
  }
}
