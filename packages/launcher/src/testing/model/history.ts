import type { Config } from '@nodepool/config';
import { ProviderError, type ProviderErrorCode } from '@nodepool/driver-api';
import { errorCode, type Random } from '@nodepool/runtime';
import { settle } from '@nodepool/runtime/testing';
import type { HeldNode } from '@nodepool/store';
import { aConfig, aLabel, aPool, aProvider } from '../a-config.js';
import { type RunningTestLauncher, World } from '../world.js';
import { Auditor } from './auditor.js';

const labels = ['small', 'large', 'huge'] as const;
const hosts = ['launcher-1', 'launcher-2', 'launcher-3'] as const;
const providers = ['cloud-a', 'cloud-b'] as const;
const failures: readonly ProviderErrorCode[] = ['launch-failed', 'quota', 'capacity', 'transient', 'rate-limited'];
const tenant = 'acme';
const tenantLimit = 4;
const mostRequests = 12;
const mostInUse = 8;
const lockMs = 2_000;

interface Knobs {
  readonly maxServers: number;
  readonly quota: number;
  readonly minReady: number;
  readonly priority: number;
}

const usual: Knobs = { maxServers: 8, quota: 14, minReady: 4, priority: 100 };

/** Two clouds, one of which lacks a label, with every limit that a reload may move. */
function configOf({ maxServers, quota, minReady, priority }: Knobs): Config {
  const provider = (name: string, labelNames: readonly string[], keys: object): Record<string, unknown> =>
    aProvider({
      name,
      'launch-retries': 2,
      'launch-timeout': 60,
      // The cloud's times run by the clock that jumps here: what takes its time is the call.
      fake: { 'launch-ms': { min: 0, max: 2_000 }, quota: { instances: quota } },
      pools: [aPool({ 'max-servers': maxServers, labels: labelNames.map((label) => aLabel(label)), ...keys })],
    });
  return aConfig({
    labels: [{ name: 'small', minReady }, { name: 'large' }, { name: 'huge' }],
    tenantLimits: { [tenant]: { instances: tenantLimit } },
    providers: [
      provider('cloud-a', ['small', 'large'], { 'availability-zones': ['zone-1', 'zone-2'] }),
      provider('cloud-b', labels, { priority }),
    ],
  });
}

/** What one step does; the number is its weight. */
const steps: readonly (readonly [number, keyof Moves])[] = [
  [8, 'request'],
  [6, 'burst'],
  [4, 'cancel'],
  [4, 'revise'],
  [14, 'accept'],
  [12, 'finish'],
  [2, 'giveBack'],
  [1, 'hold'],
  [30, 'pass'],
  [6, 'failCall'],
  [2, 'reload'],
  [2, 'cut'],
  [4, 'race'],
  [4, 'stall'],
  [8, 'flow'],
  [1, 'expire'],
  [1, 'crash'],
  [1, 'stop'],
  [1, 'jump'],
];
const totalWeight = steps.reduce((sum, [weight]) => sum + weight, 0);

type Moves = Record<
  | 'request'
  | 'burst'
  | 'cancel'
  | 'revise'
  | 'accept'
  | 'finish'
  | 'giveBack'
  | 'hold'
  | 'pass'
  | 'failCall'
  | 'reload'
  | 'cut'
  | 'race'
  | 'stall'
  | 'flow'
  | 'expire'
  | 'crash'
  | 'stop'
  | 'jump',
  () => Promise<void> | void
>;

/** One to three launchers, a client, and a dice that decides what happens next. */
export class History implements AsyncDisposable {
  /** What was done, for people. */
  readonly trace: string[] = [];
  readonly #world: World;
  readonly #auditor: Auditor;
  readonly #random: Random;
  readonly #launchers = new Map<string, RunningTestLauncher>();
  readonly #requests: string[] = [];
  readonly #inUse: HeldNode[] = [];
  readonly #moves: Moves;
  /** Launchers do not tell each other what they are about to do for a tenant: only one keeps its limit. */
  readonly #keepsTenants: boolean;
  #clockOffsetMs = 0;

  private constructor(random: Random, seed: number, launchers: number) {
    this.#random = random;
    this.#world = new World(seed);
    this.#auditor = new Auditor(this.#world.ensemble);
    this.#moves = this.#allMoves();
    this.#keepsTenants = launchers === 1;
  }

  static async begin(random: Random, seed: number): Promise<History> {
    const launchers = 1 + Math.floor(random.next() * hosts.length);
    const history = new History(random, seed, launchers);
    await history.#auditor.start();
    for (const host of hosts.slice(0, launchers)) await history.#start(host);
    return history;
  }

  /** Changes of the tree that were looked at. */
  get changes(): number {
    return this.#auditor.changes;
  }

  /** What is wrong so far. */
  get violations(): readonly string[] {
    return this.#auditor.violations;
  }

  async step(): Promise<void> {
    let place = this.#random.next() * totalWeight;
    for (const [weight, move] of steps) {
      place -= weight;
      if (place >= 0) continue;
      this.trace.push(move);
      await this.#moves[move]();
      break;
    }
    await settle(2);
    const nodes = this.#auditor.nodesOf(tenant);
    if (this.#keepsTenants && nodes > tenantLimit) {
      this.#auditor.violations.push(`tenant ${tenant} has ${nodes} nodes and may have ${tenantLimit}`);
    }
  }

  /** The client gives everything back, nothing fails any more; some minutes later all must be at rest. */
  async end(): Promise<readonly string[]> {
    this.#world.cloud.failNothing();
    this.#flow();
    this.#setClock(0);
    await this.#endHolds();
    for (const launcher of this.#launchers.values()) launcher.reload(configOf(usual));
    for (let round = 0; round < 30 && this.#requests.length + this.#inUse.length > 0; round += 1) {
      await this.#world.clock.advance(10_000);
      for (let left = this.#requests.length; left > 0; left -= 1) await this.#accept();
      while (this.#inUse.length > 0) await this.#finish('used');
    }
    // Longer than the sweeps, the holds, and two looks for leaks.
    await this.#world.clock.advance(400_000);
    return [...this.violations, ...this.#requests.map((id) => `request ${id} has no end`), ...(await this.#unrest())];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#world[Symbol.asyncDispose]();
  }

  async #unrest(): Promise<readonly string[]> {
    const nodes = await this.#world.nodes();
    const instances: string[] = [];
    for (const provider of providers) {
      for (const { externalId } of await this.#world.cloud.instances(provider)) instances.push(String(externalId));
    }
    const known = new Set(nodes.map(({ externalId }) => String(externalId)));
    const found = new Set(instances);
    return [
      ...nodes
        .filter(({ state, allocatedTo }) => state !== 'ready' || allocatedTo !== null)
        .map(({ id, state, allocatedTo }) => `node ${id} stays ${state}, allocated to ${allocatedTo}`),
      ...nodes
        .filter(({ tenantName }) => tenantName !== null)
        .map(({ id }) => `node ${id} is nobody's, and has a tenant`),
      ...instances.filter((id) => !known.has(id)).map((id) => `instance ${id} has no record`),
      ...[...known].filter((id) => !found.has(id)).map((id) => `instance ${id} of a record does not exist`),
      ...(nodes.filter(({ type }) => type.includes('small')).length < usual.minReady ? ['the stock is not kept'] : []),
    ];
  }

  #allMoves(): Moves {
    const { clock, cloud } = this.#world;
    return {
      request: () => this.#request(3),
      burst: () => this.#burst(),
      cancel: () => this.#cancel(),
      revise: () => this.#revise(),
      accept: () => this.#accept(),
      finish: () => this.#finish('used'),
      giveBack: () => this.#giveBack(),
      hold: () => this.#finish('hold'),
      pass: () => clock.advance(this.#below(5) === 0 ? this.#below(20_000) : this.#below(1_500)),
      failCall: () => {
        const method = this.#oneOf(['launch', 'checkLaunch', 'terminate'] as const);
        cloud.failNext(method, new ProviderError(this.#oneOf(failures), 'made to fail'));
      },
      reload: () => this.#oneLauncher().reload(configOf(this.#knobs())),
      cut: () => this.#cut(),
      race: () => this.#race(),
      stall: () => this.#oneLauncher().zk.stall(),
      flow: () => this.#flow(),
      expire: () => this.#oneLauncher().zk.expire(),
      crash: () => this.#crash(),
      stop: () => this.#stop(),
      jump: () => this.#setClock(this.#clockOffsetMs === 0 ? (this.#below(2) * 2 - 1) * 3_600_000 : 0),
    };
  }

  #setClock(offsetMs: number): void {
    this.#world.clock.jump(offsetMs - this.#clockOffsetMs);
    this.#clockOffsetMs = offsetMs;
  }

  /** As when the hold request is deleted: a hold that was set while the clock was wrong may last an hour. */
  async #endHolds(): Promise<void> {
    for (const { id, state } of await this.#world.nodes()) {
      if (state !== 'hold') continue;
      const held = await this.#lock(id);
      if (held?.node.state === 'hold') await held.updateAndRelease({ state: 'used' });
      else await held?.release();
    }
  }

  async #start(host: string): Promise<void> {
    // What launchers know of each other is new, as old as in a daemon, or much older than it should be.
    const lagMs = this.#oneOf([0, 100, 2_000]);
    this.#launchers.set(host, await this.#world.launcher(configOf(usual), { host, graceMs: 5_000, lagMs }));
  }

  /** Several at once, for what stands ready: that is what launchers get in each other's way for. */
  async #burst(): Promise<void> {
    for (let left = 2 + this.#below(4); left > 0; left -= 1) await this.#request(1, ['small']);
  }

  async #request(most: number, from: readonly string[] = labels): Promise<void> {
    if (this.#requests.length >= mostRequests) return;
    const nodeTypes = Array.from({ length: 1 + this.#below(most) }, () => this.#oneOf(from));
    const provider = this.#below(6) === 0 ? this.#oneOf(providers) : null;
    const tenantName = this.#oneOf([null, null, null, tenant, tenant, 'unlimited']);
    const order = { relativePriority: this.#below(3), priority: this.#oneOf(['100', '200']) };
    const wish = { nodeTypes, provider, tenantName, ...order };
    this.#requests.push(await this.#world.request(wish));
  }

  async #cancel(): Promise<void> {
    const id = this.#takeOne(this.#requests);
    if (id !== undefined) await this.#world.store.requests.remove(id);
  }

  async #revise(): Promise<void> {
    const id = this.#requests[this.#below(Math.max(1, this.#requests.length))];
    const held = id === undefined ? undefined : await this.#world.store.requests.lock(id);
    await held?.release();
  }

  /** Takes the nodes of a request that is answered; one that is not goes back to the end of the list. */
  async #accept(): Promise<void> {
    const id = this.#takeOne(this.#requests);
    if (id === undefined) return;
    const request = await this.#world.requestNow(id);
    if (request === undefined) {
      this.#auditor.violations.push(`request ${id} was deleted by another`);
    } else if (request.state === 'failed') {
      await this.#world.store.requests.remove(id);
    } else if (request.state === 'fulfilled' && this.#inUse.length < mostInUse) {
      for (const node of request.nodes) await this.#takeNode(node, id);
      await this.#world.store.requests.remove(id);
    } else {
      this.#requests.push(id);
    }
  }

  async #takeNode(id: string, request: string): Promise<void> {
    const held = await this.#lock(id);
    const found = held && `${held.node.state}, allocated to ${held.node.allocatedTo}`;
    if (found !== `ready, allocated to ${request}`) {
      this.#auditor.violations.push(`node ${id} for request ${request} is ${found ?? 'gone, or not to be locked'}`);
    }
    if (held === undefined) return;
    this.#inUse.push(held);
    if (this.#below(4) > 0) await this.#change(held, () => held.update({ state: 'in-use' }));
  }

  /** Whoever has the lock may need time for the cloud, and time stands still while a step waits. */
  async #lock(id: string): Promise<HeldNode | undefined> {
    let open = true;
    const locking = this.#world.store.nodes.lock(id, { waitMs: lockMs }).finally(() => {
      open = false;
    });
    await settle();
    if (open) await this.#world.clock.advance(lockMs);
    return locking;
  }

  async #finish(state: 'used' | 'hold'): Promise<void> {
    const held = this.#takeOne(this.#inUse);
    if (held === undefined) return;
    if (held.node.state !== 'in-use') await this.#change(held, () => held.update({ state: 'in-use' }));
    await this.#change(held, () =>
      held.updateAndRelease({ state, ...(state === 'hold' && { holdExpirationSec: 60 }) }),
    );
  }

  /** Unlocks a node that was not used, as a client does whose job was cancelled. */
  async #giveBack(): Promise<void> {
    const held = this.#inUse.findIndex(({ node }) => node.state === 'ready');
    if (held >= 0) await this.#inUse.splice(held, 1)[0]?.release();
  }

  async #change(held: HeldNode, change: () => Promise<unknown>): Promise<void> {
    try {
      await change();
    } catch (error) {
      this.#auditor.violations.push(`node ${held.id} was touched under the client's lock: ${errorCode(error)}`);
    }
  }

  async #cut(): Promise<void> {
    const { zk } = this.#oneLauncher();
    zk.suspend();
    if (this.#below(2) === 0) await this.#world.clock.advance(this.#below(3_000));
    await settle(2);
    zk.resume();
  }

  async #crash(): Promise<void> {
    const [host, launcher] = this.#oneOf([...this.#launchers]);
    await launcher.kill();
    if (this.#below(2) === 0) await this.#world.clock.advance(this.#below(10_000));
    await this.#start(host);
  }

  async #stop(): Promise<void> {
    const [host, launcher] = this.#oneOf([...this.#launchers]);
    launcher.zk.flow();
    const stopped = launcher.stop({ graceful: true });
    await this.#world.clock.advance(6_000);
    await stopped;
    await this.#start(host);
  }

  /** One launcher carries out late what it has decided on a view that the others have made old. */
  async #race(): Promise<void> {
    const { zk } = this.#oneLauncher();
    zk.stall();
    await this.#burst();
    await settle(6);
    zk.flow();
  }

  #flow(): void {
    for (const { zk } of this.#launchers.values()) zk.flow();
  }

  #knobs(): Knobs {
    return {
      maxServers: this.#oneOf([0, 2, 6, 10]),
      quota: this.#oneOf([3, 12]),
      minReady: this.#below(3),
      priority: this.#oneOf([50, 100]),
    };
  }

  #oneLauncher(): RunningTestLauncher {
    return this.#oneOf([...this.#launchers.values()]);
  }

  #below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  #oneOf<T>(things: readonly T[]): T {
    return things[this.#below(things.length)] as T;
  }

  #takeOne<T>(things: T[]): T | undefined {
    return things.splice(this.#below(Math.max(1, things.length)), 1)[0];
  }
}
