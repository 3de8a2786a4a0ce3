import type { ExternalId, LaunchTicket, PoolConfig, PoolLabel, RunningInstance } from '@nodepool/driver-api';
import type { NodeRequest } from '@nodepool/model';
import { deadline, errorText, type Logger, noSpan, retry, type Span, traced } from '@nodepool/runtime';
import type { HeldNode, NodeChange } from '@nodepool/store';
import { nodeTags } from '../nodes/tags.js';
import type { ProviderRuntime } from '../providers/provider-runtime.js';
import { type LinkedSignal, linkSignals } from '../signals.js';
import { type ChosenImage, chooseImage } from './image.js';
import type { Look } from './lookout.js';
import { runningChange } from './new-node.js';
import { classifyFailure, isPassing, resultKey } from './outcome.js';
import { launchChange, type StoredLaunch } from './ticket.js';

/** A node to bring up: its record exists, in state `building`, and its lock is ours. */
export interface LaunchJob {
  readonly held: HeldNode;
  /** What it is launched for; undefined for a node that is only brought to its end: no new attempt is made then. */
  readonly request: NodeRequest | undefined;
  readonly pool: PoolConfig;
  readonly label: PoolLabel;
  /** Undefined with {@link LaunchJob.begun}: the record tells what it was launched from. */
  readonly image: ChosenImage | undefined;
  readonly az: string | undefined;
  /** A launch that somebody else has begun, to be carried on with. */
  readonly begun?: StoredLaunch;
  /** Aborts when this launcher is to let go of the launch as soon as another could carry on. */
  readonly letGo?: AbortSignal;
  /** What is done of the launch is a part of it. */
  readonly span?: Span;
}

export type LaunchOutcome =
  /** `change` is what the record still lacks, the state `ready` included. */
  | { readonly kind: 'ready'; readonly change: NodeChange }
  | { readonly kind: 'no-room'; readonly because: 'quota' | 'capacity'; readonly change: NodeChange }
  | { readonly kind: 'failed'; readonly error: unknown; readonly change: NodeChange }
  /** For somebody else to carry on with: the record holds the ticket, its lock is to be released. */
  | { readonly kind: 'let-go' }
  /** The record or its lock is gone: nothing is left to write, but there may be an instance. */
  | { readonly kind: 'lost'; readonly externalId: ExternalId | null };

/** A call that has failed for a moment is repeated within the attempt: a driver finds what the first one left. */
const launchCallPolicy = { initialMs: 500, factor: 3, maxMs: 10_000, attempts: 4, jitter: 0.5 };

/** How long a machine may take to run before its ticket is stored: one that is faster saves a write. */
const ticketGraceMs = 20;

/** Brings up one node, with as many attempts as configured. Source: docs/compatibility/launcher.md section 7. */
export class Launch {
  readonly #job: LaunchJob;
  readonly #runtime: ProviderRuntime;
  readonly #log: Logger;
  readonly #span: Span;
  #ticket: LaunchTicket | undefined;
  /** The ticket that the record holds, or is about to. */
  #stored: LaunchTicket | undefined;
  #storing: Promise<unknown> = Promise.resolve();
  #attempt = 0;
  #startedSec = 0;
  /** The launch of somebody else that has not been looked at yet. */
  #begun: StoredLaunch | undefined;
  #image: ChosenImage | undefined;

  constructor(job: LaunchJob, runtime: ProviderRuntime, log: Logger) {
    this.#job = job;
    this.#runtime = runtime;
    this.#log = log;
    this.#span = job.span ?? noSpan;
    this.#image = job.image;
    this.#begun = job.begun;
    this.#ticket = job.begun?.ticket;
    this.#stored = job.begun?.ticket;
  }

  /** Never rejects. */
  async run(): Promise<LaunchOutcome> {
    const { clock, metrics } = this.#runtime;
    for (;;) {
      const begun = this.#takeBegun();
      const startMs = clock.monotonicMs();
      try {
        const change = await this.#attemptOnce(begun);
        metrics.launched(this.#job, change.az ?? null, 'ready', clock.monotonicMs() - startMs);
        return { kind: 'ready', change };
      } catch (error) {
        if (await this.#couldLetGo()) return { kind: 'let-go' };
        metrics.launched(this.#job, this.#job.az ?? null, resultKey(error), clock.monotonicMs() - startMs);
        const outcome = await this.#failed(error, this.#isLast(begun));
        if (outcome !== undefined) return outcome;
      }
    }
  }

  /** Counts the attempt, and says what to carry on with. */
  #takeBegun(): StoredLaunch | undefined {
    const begun = this.#begun;
    this.#begun = undefined;
    this.#attempt = begun?.attempt ?? this.#attempt + 1;
    const nowSec = this.#runtime.clock.now() / 1000;
    this.#startedSec = Math.min(begun?.startedSec ?? nowSec, nowSec);
    // Begun by a clock that was ahead: its time runs from now on, and for whoever comes next as well.
    if (begun !== undefined && this.#startedSec < begun.startedSec) this.#stored = undefined;
    return begun;
  }

  /** Somebody else's attempt is not held against ours, whatever has become of it. */
  #isLast(begun: StoredLaunch | undefined): boolean {
    if (this.#job.request === undefined) return true;
    if (begun === undefined) return this.#attempt >= this.#runtime.config.launchRetries;
    this.#attempt -= 1;
    return false;
  }

  /** @returns true when somebody else can carry on, because the record says with what. */
  async #couldLetGo(): Promise<boolean> {
    if (this.#job.letGo?.aborted !== true || this.#ticket === undefined) return false;
    this.#storeTicket();
    return this.#storing.then(
      () => true,
      () => false,
    );
  }

  /** What a failed attempt leads to; undefined is another attempt. */
  async #failed(error: unknown, last: boolean): Promise<LaunchOutcome | undefined> {
    await this.#storing.catch(() => undefined);
    const lost = this.#job.held.signal.aborted || this.#runtime.signal.aborted;
    const failure = lost ? 'lost' : classifyFailure(error);
    const { label, pool } = this.#job;
    this.#log.info({ attempt: this.#attempt, failure, error }, 'launch attempt failed');
    const change = { externalId: this.#ticket?.externalId ?? null };
    switch (failure) {
      case 'lost':
        return { kind: 'lost', externalId: change.externalId };
      case 'quota':
        this.#runtime.readings.invalidateFigure();
        return { kind: 'no-room', because: failure, change: { ...change, state: 'aborted' } };
      case 'capacity':
        return { kind: 'no-room', because: failure, change: { ...change, state: 'aborted' } };
      case 'misconfigured':
        this.#runtime.readings.markBroken(pool.name, label.name, errorText(error));
        return { kind: 'failed', error, change: { ...change, state: 'failed' } };
      case 'failed':
        return last ? { kind: 'failed', error, change: { ...change, state: 'failed' } } : undefined;
    }
  }

  async #attemptOnce(begun: StoredLaunch | undefined): Promise<NodeChange> {
    const { config, clock, signal } = this.#runtime;
    const passedMs = begun === undefined ? 0 : clock.now() - this.#startedSec * 1000;
    const { launchTimeoutMs: timeoutMs } = config;
    const leftMs = Math.max(0, timeoutMs - passedMs);
    using limit = deadline(clock, leftMs, undefined, `not ready within launch-timeout, ${timeoutMs / 1000} s`);
    using call = linkSignals(limit.signal, signal);
    const { held, letGo } = this.#job;
    using watch = linkSignals(call.signal, held.signal, ...(letGo === undefined ? [] : [letGo]));
    if (begun === undefined) {
      if (this.#ticket !== undefined) await this.#startOver(watch);
      watch.signal.throwIfAborted();
      // A launch that is under way is waited for even when the lock is lost: its answer names what has to be ended.
      this.#ticket = await this.#launch(call);
    }
    watch.signal.throwIfAborted();
    const instance = await traced(this.#span, 'wait for boot', {}, (span) => this.#running(watch, span));
    const change = runningChange(instance, this.#job.pool);
    const hostKeys = await this.#checkHost(change, watch);
    await this.#storing;
    return { ...change, ...this.#imageChange(), hostKeys, state: 'ready' };
  }

  /** Undoes the attempt before, and takes the image that is the newest by now. */
  async #startOver(watch: LinkedSignal): Promise<void> {
    const externalId = this.#ticket?.externalId ?? null;
    if (externalId !== null) {
      await this.#store(externalId);
      await this.#runtime.removeInstance(externalId, watch.signal, this.#log);
    }
    this.#ticket = undefined;
    this.#image = chooseImage(this.#runtime.config, this.#job.label, this.#runtime.images);
  }

  #imageChange(): NodeChange {
    return this.#image === this.#job.image || this.#image === undefined ? {} : this.#image.fields;
  }

  async #launch(call: LinkedSignal): Promise<LaunchTicket> {
    const { held, request, pool, label, az } = this.#job;
    const image = this.#image?.image;
    if (request === undefined || image === undefined) throw new TypeError('a launch for nobody was begun anew');
    const { provider, config, clock, random } = this.#runtime;
    const owner = { nodeId: held.id, pool: pool.name, provider: config.name };
    const { tags, skipped } = nodeTags(owner, label, request);
    if (skipped.length > 0) this.#log.warn({ keys: skipped }, 'left out instance properties that cannot be filled in');
    const spec = { nodeId: held.id, hostname: `np${held.id}`, pool, label, image, az, tags };
    const ctx = { signal: call.signal, log: this.#log, span: this.#span };
    return retry(
      () => provider.launch(spec, ctx),
      launchCallPolicy,
      (error) => (isPassing(error) ? (error.retryAfterMs ?? 0) : undefined),
      { clock, random, signal: call.signal },
    );
  }

  async #running(watch: LinkedSignal, span: Span): Promise<RunningInstance> {
    const { provider, lookout, listing, clock } = this.#runtime;
    using grace = linkSignals(watch.signal);
    clock.sleep(ticketGraceMs, grace.signal).then(
      () => this.#storeTicket(),
      () => undefined,
    );
    const ctx = listing.checkContext({ signal: watch.signal, log: this.#log, span }, clock.monotonicMs());
    const look = async (): Promise<Look<RunningInstance>> => {
      const ticket = this.#ticket ?? { externalId: null, data: null };
      const progress = await provider.checkLaunch(ticket, ctx);
      if (progress.state === 'running') {
        this.#ticket = { ...ticket, externalId: progress.instance.externalId };
        return { done: true, value: progress.instance };
      }
      this.#ticket = progress.ticket ?? ticket;
      this.#storeTicket();
      await this.#storing;
      return { done: false, againInMs: progress.recheckAfterMs };
    };
    try {
      return await lookout.until(look, 0, watch.signal);
    } finally {
      grace.abort();
    }
  }

  /** Stores the ticket unless the record has it; whoever awaits {@link Launch.#storing} learns of a failure. */
  #storeTicket(): void {
    const ticket = this.#ticket;
    if (ticket === undefined || ticket === this.#stored) return;
    this.#stored = ticket;
    const launch = { ticket, attempt: this.#attempt, startedSec: this.#startedSec, az: this.#job.az };
    this.#enqueue({ ...this.#imageChange(), ...launchChange(launch) });
  }

  async #store(externalId: ExternalId): Promise<void> {
    if (this.#stored?.externalId !== externalId) this.#storeTicket();
    await this.#storing;
  }

  /** Writes to one record follow each other. */
  #enqueue(change: NodeChange): void {
    this.#storing = this.#storing.then(() => this.#job.held.update(change));
    this.#storing.catch(() => undefined);
  }

  async #checkHost(change: NodeChange, watch: LinkedSignal): Promise<readonly string[]> {
    const { label, held } = this.#job;
    if (!label.hostKeyChecking) return [];
    const { config, hostCheck } = this.#runtime;
    const fields = { ...held.node, ...this.#image?.fields, ...change };
    const host = fields.interfaceIp ?? '';
    const port = typeof fields.connectionPort === 'number' ? fields.connectionPort : 22;
    if (!host.includes('fake')) this.#enqueue({ ...change, ...this.#imageChange() });
    const target = { host, port, connectionType: fields.connectionType, bootTimeoutMs: config.bootTimeoutMs };
    try {
      const attributes = { 'server.address': host, 'server.port': port };
      return await traced(this.#span, 'host key scan', attributes, () =>
        hostCheck.run(target, watch.signal, this.#log),
      );
    } catch (error) {
      if (!watch.signal.aborted && label.consoleLog) await this.#logConsole();
      throw error;
    }
  }

  async #logConsole(): Promise<void> {
    const externalId = this.#ticket?.externalId ?? null;
    const { provider, signal } = this.#runtime;
    if (externalId === null || provider.consoleLog === undefined) return;
    const text = await provider.consoleLog(externalId, { signal, log: this.#log }).catch(() => undefined);
    if (text !== undefined) this.#log.info({ console: text }, 'read console of failed launch');
  }
}
