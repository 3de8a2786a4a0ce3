import {
  type ExternalId,
  type LaunchSpec,
  type LaunchTicket,
  type Provider,
  sharedListing,
  tagKeys,
} from '@nodepool/driver-api';
import { isPassing, type Look, Lookout, removeInstance, runningChange } from '@nodepool/launcher/machine';
import type { Resources } from '@nodepool/model';
import { deadline, type Logger, retry, type Span, traced } from '@nodepool/runtime';
import type { HeldNode } from '@nodepool/store';
import type { BuilderContext } from '../context.js';
import { gateNode } from './node.js';
import type { GateOrder } from './types.js';

/** A machine that runs, and how to reach it. */
export interface GateMachine {
  readonly host: string;
  readonly port: number;
  readonly connectionType: string | null;
}

/** Says which build the machine is there for; the leak sweeps go by the node. */
const gateTag = 'nodepool_gate';

/** As in a launch: a call that failed for a moment is made again. */
const launchPolicy = { initialMs: 500, factor: 3, maxMs: 10_000, attempts: 4, jitter: 0.5 };

const listingIntervalMs = 1_000;

/** How long a machine may take to go, milliseconds; then the launchers see to it. */
const removalMs = 300_000;

/** The same when the builder stops or has lost the record. */
const hurriedRemovalMs = 4_000;

/**
 * One machine for the gate, from its record to its end. The record is an ordinary node in state `building`, locked by
 * us and allocated to nobody: its share of the quota counts, no sweep takes its instance for a leak, and when we die
 * any launcher, ours or the original's, deletes both.
 */
export class MachineForGate {
  readonly #context: BuilderContext;
  readonly #order: GateOrder;
  readonly #log: Logger;
  readonly #held: HeldNode;
  readonly #lookout: Lookout;
  #externalId: ExternalId | null = null;

  private constructor(context: BuilderContext, order: GateOrder, held: HeldNode, log: Logger) {
    this.#context = context;
    this.#order = order;
    this.#held = held;
    this.#log = log.child({ nodeId: held.id });
    this.#lookout = new Lookout(context.clock);
  }

  /** Writes the record, before any money is spent. */
  static async plan(
    context: BuilderContext,
    order: GateOrder,
    log: Logger,
    signal: AbortSignal,
  ): Promise<MachineForGate> {
    const { provider, pool, label } = order;
    const resources: Resources = (await provider.quota?.needed(pool, label, { signal, log })) ?? { instances: 1 };
    const held = await context.store.nodes.create(gateNode(context.identity.fqdn, order, resources));
    return new MachineForGate(context, order, held, log);
  }

  /** Aborts when the record is no longer ours. */
  get signal(): AbortSignal {
    return this.#held.signal;
  }

  /** @throws ProviderError when the cloud refuses or the machine does not come up; the signal's reason. */
  async boot(signal: AbortSignal): Promise<GateMachine> {
    const { provider, pool, entry, span } = this.#order;
    const ticket = await this.#launch(signal);
    this.#externalId = ticket.externalId;
    await this.#held.update({ externalId: ticket.externalId, driverData: { launch: { ticket: ticket.data } } });
    const instance = await traced(span, 'wait for boot', {}, (part) => this.#running(provider, ticket, signal, part));
    const change = runningChange(instance, pool);
    const { interfaceIp, connectionPort } = await this.#held.update(change);
    return {
      host: interfaceIp ?? '',
      port: typeof connectionPort === 'number' ? connectionPort : entry.connectionPort,
      connectionType: entry.connectionType,
    };
  }

  async console(signal: AbortSignal): Promise<string | undefined> {
    const { provider } = this.#order;
    if (this.#externalId === null || provider.consoleLog === undefined) return undefined;
    return provider.consoleLog(this.#externalId, { signal, log: this.#log }).catch(() => undefined);
  }

  /** Ends the machine and its record; what cannot be ended in time is left to the launchers. Never rejects. */
  async remove(signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const hurried = signal.aborted || this.#held.signal.aborted;
    using limit = deadline(clock, hurried ? hurriedRemovalMs : removalMs, hurried ? undefined : signal);
    try {
      if (this.#externalId !== null) await this.#end(this.#externalId, limit.signal);
      await this.#held.remove();
    } catch (error) {
      this.#log.info({ error }, 'left the machine of the gate to the launchers');
      await this.#held.updateAndRelease({ state: 'deleting' }).catch(() => this.#held.release());
    }
  }

  async #launch(signal: AbortSignal): Promise<LaunchTicket> {
    const { clock, random } = this.#context;
    const ctx = { signal, log: this.#log, span: this.#order.span };
    return retry(
      () => this.#order.provider.launch(this.#spec(), ctx),
      launchPolicy,
      (error) => (isPassing(error) ? (error.retryAfterMs ?? 0) : undefined),
      { clock, random, signal },
    );
  }

  #spec(): LaunchSpec {
    const { upload, pool, label, entry, externalId, username } = this.#order;
    const zones = pool.availabilityZones;
    return {
      nodeId: this.#held.id,
      hostname: `np${this.#held.id}`,
      pool,
      label,
      image: { kind: 'diskimage', externalId, config: entry, username },
      az: zones[Math.floor(this.#context.random.next() * zones.length)],
      tags: {
        ...label.instanceProperties,
        [gateTag]: `${upload.image}-${upload.buildId}`,
        [tagKeys.nodeId]: this.#held.id,
        [tagKeys.poolName]: pool.name,
        [tagKeys.providerName]: upload.provider,
      },
    };
  }

  async #running(provider: Provider, first: LaunchTicket, signal: AbortSignal, span: Span) {
    const { clock } = this.#context;
    let ticket = first;
    const listing = sharedListing(provider, { clock, log: this.#log, signal, intervalMs: listingIntervalMs });
    const ctx = listing.checkContext({ signal, log: this.#log, span }, clock.monotonicMs());
    const look = async (): Promise<Look<Parameters<typeof runningChange>[0]>> => {
      const progress = await provider.checkLaunch(ticket, ctx);
      if (progress.state === 'running') {
        this.#externalId = progress.instance.externalId;
        return { done: true, value: progress.instance };
      }
      if (progress.ticket !== undefined) {
        ticket = progress.ticket;
        this.#externalId = ticket.externalId;
        await this.#held.update({ externalId: ticket.externalId, driverData: { launch: { ticket: ticket.data } } });
      }
      return { done: false, againInMs: progress.recheckAfterMs };
    };
    return this.#lookout.until(look, 0, signal);
  }

  async #end(externalId: ExternalId, signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const { provider } = this.#order;
    const listing = sharedListing(provider, { clock, log: this.#log, signal, intervalMs: listingIntervalMs });
    await removeInstance(externalId, { provider, lookout: this.#lookout, listing, clock }, signal, this.#log);
  }
}
