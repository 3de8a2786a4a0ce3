import type { ServerResponse } from 'node:http';
import type { Clock, Logger } from '@nodepool/runtime';
import type { Store, StoreCaches } from '@nodepool/store';
import { WebError } from '../../errors.js';
import type { Builder, HistoryPoint } from '../schemas/index.js';
import { toBuilder } from '../views/to-builder.js';
import { GatheredChanges } from './changes.js';
import { EventClient } from './client.js';
import { type Encoded, encode, encodeNow } from './encode.js';
import { ChangedLists, changedRecords, eventText, type FrameSources, wholeLists, withExtras } from './frame.js';
import { Journal, type JournalLimits, usualJournalLimits } from './journal.js';

export interface EventHubOptions extends FrameSources {
  readonly caches: StoreCaches;
  readonly store: Pick<Store, 'builderStatuses'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Tells this process from every other. */
  readonly epoch: string;
  readonly onConfigChange: (listener: () => void) => Disposable;
  readonly journalLimits?: JournalLimits;
}

/** Least time between two frames: four a second. */
const frameIntervalMs = 250;
/** Proxies close what says nothing for long. */
const keepAliveMs = 20_000;
/** How often what the builders have under way is read, while they have something and somebody looks. */
const builderIntervalMs = 2_000;
const maxClients = 500;

/**
 * Tells all clients what changes. Changes of the caches are gathered; a frame is made of them at most four times a
 * second, and encoded once, however many clients there are.
 */
export class EventHub implements AsyncDisposable {
  readonly #options: EventHubOptions;
  readonly #journal: Journal;
  readonly #clients = new Set<EventClient>();
  readonly #lists = new ChangedLists();
  readonly #subscriptions: readonly Disposable[];
  readonly #stop = new AbortController();
  readonly #catchUps = new Map<string, Promise<Encoded>>();
  #changes = new GatheredChanges();
  #point: HistoryPoint | undefined;
  #builders: readonly Builder[] = [];
  #isScheduled = false;
  #lastFrameMs = Number.NEGATIVE_INFINITY;
  #buildersReadMs = Number.NEGATIVE_INFINITY;
  #flushing: Promise<void> = Promise.resolve();

  constructor(options: EventHubOptions) {
    const { caches, onConfigChange } = options;
    this.#options = options;
    this.#journal = new Journal(options.epoch, options.journalLimits ?? usualJournalLimits);
    this.#subscriptions = [
      caches.nodes.onChange(({ before, after }) => this.#mark('nodes', (after ?? before)?.record.id)),
      caches.requests.onChange(({ before, after }) => this.#mark('requests', (after ?? before)?.record.id)),
      caches.images.onChange((image) => this.#mark('images', image)),
      caches.components.onChange(() => this.#schedule()),
      onConfigChange(() => this.#schedule()),
    ];
    void this.#keepAlive();
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Something that is told whole may have changed. */
  mark(): void {
    this.#schedule();
  }

  pointTaken(point: HistoryPoint): void {
    this.#point = point;
    this.#schedule();
  }

  /** @throws WebError NP_WEB_BUSY when there is no room for one more. */
  refuseTooMany(): void {
    if (this.#clients.size >= maxClients) throw new WebError('NP_WEB_BUSY', 'too many clients follow the events');
  }

  /**
   * Has a client follow. It begins where `lastEventId` was, or with `reset`.
   *
   * @param packs the client takes gzip.
   */
  async follow(response: ServerResponse, packs: boolean, lastEventId: string | undefined): Promise<void> {
    const client = new EventClient(response, packs, this.#journal.latest);
    this.#clients.add(client);
    response.once('close', () => void this.#clients.delete(client));
    const missed = lastEventId === undefined ? undefined : this.#journal.since(lastEventId);
    if (missed === undefined || lastEventId === undefined) {
      client.send(encodeNow(eventText('reset', this.#journal.idOf(this.#journal.latest), {})));
    } else {
      const catchUp = this.#catchUps.get(lastEventId) ?? this.#catchUp(missed);
      this.#catchUps.set(lastEventId, catchUp);
      client.send(await catchUp);
    }
    this.#schedule();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#stop.abort(new DOMException('the web server closes', 'AbortError'));
    await this.#flushing;
    for (const client of this.#clients) client.end();
    this.#clients.clear();
  }

  #mark(kind: 'nodes' | 'requests' | 'images', id: string | undefined): void {
    if (id !== undefined) this.#changes[kind].add(id);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#stop.signal.aborted) return;
    this.#isScheduled = true;
    this.#flushing = this.#flushWhenDue();
  }

  async #flushWhenDue(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stop;
    const waitMs = this.#lastFrameMs + frameIntervalMs - clock.monotonicMs();
    await clock.sleep(Math.max(0, waitMs), signal).catch(() => undefined);
    if (signal.aborted) return;
    this.#lastFrameMs = clock.monotonicMs();
    try {
      await this.#flush();
    } catch (error) {
      log.warn({ error }, 'event frame could not be made');
    }
    this.#isScheduled = false;
    if (this.#changes.size > 0 || this.#point !== undefined || this.#needsBuilders()) this.#schedule();
  }

  async #flush(): Promise<void> {
    const changes = this.#changes;
    const point = this.#point;
    this.#changes = new GatheredChanges();
    this.#point = undefined;
    this.#catchUps.clear();
    if (this.#clients.size === 0) {
      if (changes.size > 0) this.#journal.append(changes);
      return;
    }
    await this.#readBuilders();
    const { clock, tally } = this.#options;
    const lists = this.#lists.of(wholeLists(this.#options, this.#builders));
    if (changes.size === 0 && point === undefined && Object.keys(lists).length === 0) return;
    const frame = this.#journal.append(changes);
    const now = tally.situation(clock.now());
    const data = withExtras({ ...changedRecords(this.#options, changes), ...lists }, { now, point });
    await this.#broadcast(await encode(eventText('change', this.#journal.idOf(frame), data)), frame);
  }

  async #broadcast(encoded: Encoded, frame: number): Promise<void> {
    for (const client of this.#clients) {
      if (client.position >= frame) continue;
      client.position = frame;
      if (!client.send(encoded)) {
        this.#clients.delete(client);
        this.#options.log.debug({}, 'cut off a client that is too slow for events');
      }
    }
  }

  /** One frame instead of all that were missed; clients that missed the same share it. */
  #catchUp(missed: GatheredChanges): Promise<Encoded> {
    const { clock, tally } = this.#options;
    const lists = wholeLists(this.#options, this.#builders);
    const now = tally.situation(clock.now());
    const data = withExtras({ ...changedRecords(this.#options, missed), ...lists }, { now, point: undefined });
    return encode(eventText('change', this.#journal.idOf(this.#journal.latest), data));
  }

  async #keepAlive(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    const comment = encodeNow(': still here\n\n');
    while (!signal.aborted) {
      await clock.sleep(keepAliveMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      for (const client of this.#clients) if (!client.send(comment)) this.#clients.delete(client);
    }
  }

  /** Builders tell what they do in a place that is not watched: it is read while something is under way. */
  #needsBuilders(): boolean {
    return this.#clients.size > 0 && this.#builders.some(({ builds, uploads }) => builds.length + uploads.length > 0);
  }

  async #readBuilders(): Promise<void> {
    const { clock, store, log } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#buildersReadMs < builderIntervalMs) return;
    this.#buildersReadMs = nowMs;
    try {
      this.#builders = (await store.builderStatuses.list()).map(toBuilder);
    } catch (error) {
      log.debug({ error }, 'what the builders do could not be read');
    }
  }
}
