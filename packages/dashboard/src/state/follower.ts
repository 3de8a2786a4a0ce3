import type { Clock } from '@nodepool/runtime';
import { type ApiClient, ApiError } from '../api/client.js';
import { EventParser, type ServerEvent } from '../api/event-parser.js';
import type { EventFrame } from '../api/types.js';
import type { AppState, Link } from './app-state.js';
import { applyFrame } from './apply-frame.js';
import type { Observable } from './observable.js';
import { readLists } from './read-lists.js';
import { type Snapshot, toSnapshot } from './snapshot.js';

export interface FollowerOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  /** 0 to 1: spreads the return of many dashboards after a restart. */
  readonly random: () => number;
  readonly state: Observable<AppState>;
}

/** The server says something every 20 seconds at least; silence for longer than this is a dead connection. */
const silenceMs = 50_000;
const firstPauseMs = 500;
const longestPauseMs = 15_000;

/** Keeps the state as the server's events have it, over any number of connections. */
export class Follower {
  readonly #options: FollowerOptions;
  #lastEventId: string | undefined;
  #failures = 0;
  #session = new AbortController();
  #wake = new AbortController();

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Connects at once instead of after the pause: there is a token now, or somebody looks again. */
  retry(): void {
    this.#failures = 0;
    this.#wake.abort();
  }

  /** Ends the connection until {@link retry}; what is missed meanwhile comes then. */
  rest(): void {
    this.#session.abort('resting');
  }

  /** Follows until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#session = new AbortController();
      const session = AbortSignal.any([signal, this.#session.signal]);
      let link: Link;
      try {
        await this.#follow(session);
        link = this.#pause('The server ended the connection.');
      } catch (error) {
        if (signal.aborted) return;
        link = this.#session.signal.reason === 'resting' ? { kind: 'resting' } : this.#failed(error);
      }
      this.#setLink(link);
      await this.#waitFor(link, signal);
    }
  }

  async #follow(session: AbortSignal): Promise<void> {
    const { client } = this.#options;
    this.#setLink({ kind: 'connecting' });
    const headers = {
      accept: 'text/event-stream',
      ...(this.#lastEventId !== undefined && { 'last-event-id': this.#lastEventId }),
    };
    const silence = new AbortController();
    const signal = AbortSignal.any([session, silence.signal]);
    const response = await client.open('/events', { headers, signal });
    if (response.body === null) throw new ApiError('NO_ANSWER', 0, 'The server sends no events.');
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await this.#inTime(silence, reader.read());
      if (done) return;
      for (const event of parser.push(value)) {
        // Until the lists were read, a new connection has to begin anew.
        if (event.name === 'reset') this.#lastEventId = undefined;
        await this.#inTime(silence, this.#take(event, signal));
        this.#lastEventId = event.id;
        this.#failures = 0;
        this.#setLink({ kind: 'live' });
      }
    }
  }

  async #inTime<Result>(silence: AbortController, work: Promise<Result>): Promise<Result> {
    const done = new AbortController();
    this.#options.clock.sleep(silenceMs, done.signal).then(
      () => silence.abort(new ApiError('SILENT', 0, 'The server has gone silent.')),
      () => undefined,
    );
    try {
      return await work;
    } finally {
      done.abort(null);
    }
  }

  /** Frames that come while the lists are read wait in the connection. */
  async #take({ name, data }: ServerEvent, signal: AbortSignal): Promise<void> {
    const { client, state } = this.#options;
    const { snapshot } = state.value;
    if (name === 'reset') {
      const lists = await readLists(client, signal);
      this.#setSnapshot(toSnapshot(lists, snapshot?.happenings), lists.overview.now.time);
    } else if (name === 'change' && snapshot !== undefined) {
      const frame = JSON.parse(data) as EventFrame;
      this.#setSnapshot(applyFrame(snapshot, frame), frame.now?.time);
    }
  }

  #setSnapshot(snapshot: Snapshot, serverSec: number | undefined): void {
    const { state, clock } = this.#options;
    const skewSec = serverSec === undefined ? state.value.skewSec : serverSec - clock.now() / 1000;
    state.set({ ...state.value, snapshot, skewSec });
  }

  #failed(error: unknown): Link {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
      return { kind: 'refused', reason: error.message };
    }
    return this.#pause(error instanceof ApiError ? error.message : 'The connection was lost.');
  }

  #pause(reason: string): Link {
    const { clock, random } = this.#options;
    const fullMs = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures);
    this.#failures += 1;
    return { kind: 'waiting', reason, retryAtMs: clock.now() + fullMs * (0.5 + random() / 2) };
  }

  async #waitFor(link: Link, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    this.#wake = new AbortController();
    const woken = AbortSignal.any([signal, this.#wake.signal]);
    const waitMs = link.kind === 'waiting' ? Math.max(0, link.retryAtMs - clock.now()) : Number.POSITIVE_INFINITY;
    if (Number.isFinite(waitMs)) await clock.sleep(waitMs, woken).catch(() => undefined);
    else await new Promise((resolve) => woken.addEventListener('abort', resolve, { once: true }));
  }

  #setLink(link: Link): void {
    const { state } = this.#options;
    if (state.value.link.kind !== 'live' || link.kind !== 'live') state.set({ ...state.value, link });
  }
}
