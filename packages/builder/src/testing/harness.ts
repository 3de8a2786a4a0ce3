import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config, DiskimageConfig } from '@nodepool/config';
import { aConfig, aDiskimage, type ConfigParts } from '@nodepool/config/testing';
import type {
  ImageStore,
  ImageUploadSpec,
  LaunchSpec,
  LaunchTicket,
  Provider,
  ProviderConfig,
  UploadedImage,
} from '@nodepool/driver-api';
import { type FakeProviderConfig, fake } from '@nodepool/driver-fake';
import type { ImageBuild, ImageUpload } from '@nodepool/model';
import { type Clock, type Logger, noMetrics } from '@nodepool/runtime';
import { FakeClock, type LogLine, recordLog, seededRandom } from '@nodepool/runtime/testing';
import type { ImageCache, Store } from '@nodepool/store';
import { type MemoryStore, openMemoryStore } from '@nodepool/store/memory';
import { startBuilder } from '../builder.js';
import type { Builder, BuilderOptions, ConfigSource } from '../types.js';

/** Path of the stand-in for disk-image-create. */
export const fakeDib = fileURLToPath(new URL('fake-dib.sh', import.meta.url));

/** A configuration that tests change under the builder's feet. */
export class TestConfig implements ConfigSource {
  readonly #listeners = new Set<() => void>();
  #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  current(): Config {
    return this.#config;
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  set(config: Config): void {
    this.#config = config;
    for (const listener of this.#listeners) listener();
  }
}

/** A provider of the fake driver, as its schema makes it of YAML. */
export function aFakeProvider(name: string, images: readonly string[], more: object = {}): FakeProviderConfig {
  const diskimages = images.map((image) => ({ name: image }));
  return fake.configSchema.parse({ name, driver: 'fake', diskimages, pools: [], ...more });
}

/** Short waits are over at once; long ones wait for `advance`. */
export class HurriedClock extends FakeClock {
  readonly #shortMs = 2_000;

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms > this.#shortMs || signal?.aborted === true) return super.sleep(ms, signal);
    return new Promise((resolve) => setImmediate(resolve));
  }
}

type RemoveHook = (externalId: string, remove: () => Promise<void>) => Promise<void>;
type LaunchHook = (spec: LaunchSpec, launch: () => Promise<LaunchTicket>) => Promise<LaunchTicket>;
type UploadHook = (spec: ImageUploadSpec, upload: () => Promise<UploadedImage>) => Promise<UploadedImage>;

/** One builder on a store in memory, a fake cloud and a clock that stands still; its builds are real processes. */
export class Harness implements AsyncDisposable {
  readonly #clock: Clock;
  readonly lines: readonly LogLine[];
  readonly log: Logger;
  readonly memory: MemoryStore;
  readonly dir: string;
  readonly imagesDir: string;
  readonly logDir: string;
  readonly config: TestConfig;
  /** Stands between the builder and every upload. */
  onUpload: UploadHook = (_spec, upload) => upload();
  /** Stands between the builder and every launch of a machine. */
  onLaunch: LaunchHook = (_spec, launch) => launch();
  /** Stands between the builder and every removal of an image. */
  onRemove: RemoveHook = (_externalId, remove) => remove();
  /** What providers say of the images that they take. */
  imageTraits: Partial<Pick<ImageStore, 'format' | 'vhdSubformat'>> = {};
  readonly #providers = new Map<string, { readonly config: ProviderConfig; readonly provider: Provider }>();
  readonly #make: Awaited<ReturnType<typeof fake.load>>;
  readonly #builders: Builder[] = [];
  #nextSeed = 2;
  readonly #checks = new Set<() => void>();
  #cache: ImageCache | undefined;
  readonly #resources = new AsyncDisposableStack();

  private constructor(dir: string, make: Awaited<ReturnType<typeof fake.load>>, of: HarnessOptions, clock: Clock) {
    this.#clock = clock;
    const recorded = recordLog();
    this.lines = recorded.lines;
    this.log = this.#telling(recorded);
    this.dir = dir;
    this.#make = make;
    this.imagesDir = join(dir, 'images');
    this.logDir = join(dir, 'logs');
    this.memory = openMemoryStore({ clock, random: seededRandom(1) });
    this.config = new TestConfig(this.configOf(of));
  }

  /** @param clock a real one where processes must be ended: nothing else tells when they are gone. */
  static async open(of: HarnessOptions = {}, clock: Clock = new FakeClock(1_795_362_184_000)): Promise<Harness> {
    const dir = await mkdtemp(join(tmpdir(), 'nodepool-builder-'));
    const harness = new Harness(dir, await fake.load(), of, clock);
    const caches = await harness.store.openCaches({ resourcesOf: () => ({}) });
    harness.#resources.use(caches);
    harness.#cache = caches.images;
    harness.#resources.use(caches.images.onChange(() => harness.#check()));
    return harness;
  }

  /** The clock that stands still. */
  get clock(): FakeClock {
    if (this.#clock instanceof FakeClock) return this.#clock;
    throw new Error('this harness runs on the clock of the machine');
  }

  get store(): Store {
    return this.memory.store;
  }

  get cache(): ImageCache {
    if (this.#cache === undefined) throw new Error('the harness is not open');
    return this.#cache;
  }

  configOf({ diskimages, providers, ...rest }: HarnessOptions): Config {
    return aConfig({
      imagesDir: this.imagesDir,
      buildLogDir: this.logDir,
      imagesDirMinFreeMiB: 0,
      diskimages: (diskimages ?? [{}]).map((overrides) => aDiskimage({ dibCmd: fakeDib, ...overrides })),
      providers: providers ?? [aFakeProvider('cloud-a', ['debian'])],
      ...rest,
    });
  }

  /** Starts a builder, by default the one with `imagesDir`. */
  async start(overrides: Partial<BuilderOptions> = {}): Promise<Builder> {
    const builder = await startBuilder({
      config: this.config,
      store: this.store,
      providers: { open: async (config) => this.provider(config) },
      clock: this.#clock,
      random: seededRandom(this.#nextSeed++),
      log: this.log,
      metrics: noMetrics,
      identity: { fqdn: 'builder-1.example.com', hostname: 'builder-1' },
      buildWorkers: 2,
      uploadWorkers: 4,
      ...overrides,
    });
    this.#builders.push(builder);
    return builder;
  }

  provider(config: ProviderConfig): Provider {
    const known = this.#providers.get(config.name);
    if (known?.config === config) return known.provider;
    const deps = { clock: this.#clock, random: seededRandom(9), log: this.log };
    const made = this.#make(config as FakeProviderConfig, deps);
    const provider: Provider = {
      ...made,
      launch: (spec, ctx) => this.onLaunch(spec, () => made.launch(spec, ctx)),
      ...(made.images && { images: this.#intercepted(made.images) }),
    };
    this.#providers.set(config.name, { config, provider });
    return provider;
  }

  #intercepted(images: ImageStore): ImageStore {
    return {
      ...images,
      ...this.imageTraits,
      upload: (spec, ctx) => this.onUpload(spec, () => images.upload(spec, ctx)),
      remove: (externalId, ctx) => this.onRemove(externalId, () => images.remove(externalId, ctx)),
    };
  }

  builds(image = 'debian'): readonly ImageBuild[] {
    return [...this.cache.builds(image)].map(({ record }) => record);
  }

  uploads(image = 'debian'): readonly ImageUpload[] {
    return [...this.cache.uploads(image)].map(({ record }) => record);
  }

  /** Names of the images in a cloud. */
  async cloudImages(config: ProviderConfig): Promise<readonly string[]> {
    const listed = await this.provider(config).images?.list({ signal: new AbortController().signal, log: this.log });
    return (listed ?? []).map(({ externalId }) => externalId);
  }

  /** Node ids of the instances in a cloud. */
  async cloudInstances(config: ProviderConfig): Promise<readonly string[]> {
    const ctx = { signal: new AbortController().signal, log: this.log };
    const listed = await this.provider(config).listInstances(ctx);
    return listed.filter(({ status }) => status !== 'DELETING').map(({ tags }) => tags['nodepool_node_id'] ?? '');
  }

  /** How often a message was logged. */
  logged(message: string): number {
    return this.lines.filter((line) => line.message === message).length;
  }

  /** Resolves when `condition` holds; looks at each change of a record or a flag, and at each line of the log. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        this.#checks.delete(check);
        resolve();
      };
      this.#checks.add(check);
      check();
    });
  }

  #check(): void {
    for (const check of [...this.#checks]) check();
  }

  #telling(log: Logger): Logger {
    const tell =
      (level: 'debug' | 'info' | 'warn' | 'error'): Logger['info'] =>
      (fields, message) => {
        log[level](fields, message);
        this.#check();
      };
    return {
      debug: tell('debug'),
      info: tell('info'),
      warn: tell('warn'),
      error: tell('error'),
      child: (fields, name) => this.#telling(log.child(fields, name)),
    };
  }

  /** Does something at the end, when the builders have stopped and before the folder is removed. */
  defer(work: () => Promise<unknown>): void {
    this.#resources.defer(async () => void (await work()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#builders.map((builder) => builder.stop({ graceful: false })));
    await this.#resources[Symbol.asyncDispose]();
    await rm(this.dir, { recursive: true });
  }
}

export interface HarnessOptions extends Omit<ConfigParts, 'diskimages' | 'providers'> {
  readonly diskimages?: readonly Partial<DiskimageConfig>[];
  readonly providers?: readonly FakeProviderConfig[];
}
