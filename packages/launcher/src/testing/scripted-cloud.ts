import type { Instance, Provider, ProviderConfig, ProviderDeps } from '@nodepool/driver-api';
import { fake } from '@nodepool/driver-fake';
import { silentLogger } from '@nodepool/runtime';
import type { ProviderSource } from '../providers/provider-set.js';

type Method = 'launch' | 'checkLaunch' | 'terminate' | 'listInstances';

interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

/** The fake cloud with a test's hand in it: the next call can be made to fail, or to wait. */
export class ScriptedCloud implements ProviderSource {
  readonly calls: Record<Method, number> = { launch: 0, checkLaunch: 0, terminate: 0, listInstances: 0 };
  readonly #failures = new Map<Method, Error[]>();
  readonly #gates = new Map<Method, Gate>();
  readonly #providers = new Map<string, Provider>();
  readonly #opening = fake.load();
  /** Names of providers that cannot be opened. */
  readonly broken = new Set<string>();
  /** Names of providers whose machines exist already. */
  readonly onlyExisting = new Set<string>();

  async open(config: ProviderConfig, deps: ProviderDeps): Promise<Provider> {
    if (this.broken.has(config.name)) throw new Error('the cloud does not know us');
    const open = await this.#opening;
    const provider = open(fakeConfig(config), deps);
    this.#providers.set(config.name, provider);
    return {
      ...provider,
      ...(this.onlyExisting.has(config.name) && { onlyExisting: true }),
      launch: (spec, ctx) => this.#pass('launch', ctx.signal, () => provider.launch(spec, ctx)),
      checkLaunch: (ticket, ctx) => this.#pass('checkLaunch', ctx.signal, () => provider.checkLaunch(ticket, ctx)),
      terminate: (id, ctx) => this.#pass('terminate', ctx.signal, () => provider.terminate(id, ctx)),
      listInstances: (ctx) => this.#pass('listInstances', ctx.signal, () => provider.listInstances(ctx)),
    };
  }

  /** The next calls of `method` throw these errors, one each. */
  failNext(method: Method, ...errors: readonly Error[]): void {
    this.#failures.set(method, [...(this.#failures.get(method) ?? []), ...errors]);
  }

  /** Calls that were to fail do not. */
  failNothing(): void {
    this.#failures.clear();
  }

  /** Calls of `method` wait until the returned function is called. */
  hold(method: Method): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const gate = { opened: promise, open: resolve };
    this.#gates.set(method, gate);
    return () => {
      if (this.#gates.get(method) === gate) this.#gates.delete(method);
      gate.open();
    };
  }

  /** What the cloud itself says that there is. */
  async instances(provider = 'cloud-a'): Promise<readonly Instance[]> {
    const signal = new AbortController().signal;
    return (await this.#providers.get(provider)?.listInstances({ signal, log: silentLogger })) ?? [];
  }

  async #pass<T>(method: Method, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    this.calls[method] += 1;
    await this.#gates.get(method)?.opened;
    signal.throwIfAborted();
    const failure = this.#failures.get(method)?.shift();
    if (failure !== undefined) throw failure;
    return call();
  }
}

function fakeConfig(config: ProviderConfig): ReturnType<typeof fake.configSchema.parse> {
  return config as ReturnType<typeof fake.configSchema.parse>;
}
