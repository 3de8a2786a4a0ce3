import { HostCheck } from '@nodepool/launcher/machine';
import { type Logger, type Reconciler, runReconciler, Wakeup } from '@nodepool/runtime';
import type { Registration, StoreCaches } from '@nodepool/store';
import { endFamiliesNow } from './build-process/end-now.js';
import { endOrphans } from './build-process/orphans.js';
import { buildMarker } from './builds/command-line.js';
import { decideBuilds } from './builds/decide.js';
import { executeBuild } from './builds/execute.js';
import { buildMetrics } from './builds/metrics.js';
import { observeBuilds } from './builds/view.js';
import type { BuilderContext, BuilderDelays, BuilderJobs } from './context.js';
import { Delays } from './delays.js';
import { BuilderError } from './errors.js';
import { type ClaimedImagesDir, claimImagesDir } from './files/images-dir.js';
import { GatePlaces } from './gate/gate.js';
import { runSshCommand } from './gate/ssh-command.js';
import { HistoryWriter } from './history.js';
import { ImageProviderResolver } from './image-providers.js';
import { Jobs } from './jobs.js';
import { KeptProviders } from './kept-providers.js';
import { decideLeaks } from './leaks/decide.js';
import { executeLeak } from './leaks/execute.js';
import { leakMetrics } from './leaks/metrics.js';
import { observeLeaks, type SuspectsSince } from './leaks/view.js';
import { decideRetention } from './retention/decide.js';
import { RetentionExecutor } from './retention/execute.js';
import { retentionMetrics } from './retention/metrics.js';
import { observeRetention, type UnknownSince } from './retention/view.js';
import { describeState } from './state.js';
import { BuilderStats } from './stats.js';
import type { Builder, BuilderOptions } from './types.js';
import { decideUploads } from './uploads/decide.js';
import { executeUpload } from './uploads/execute.js';
import { uploadMetrics } from './uploads/metrics.js';
import { observeUploads } from './uploads/view.js';

const defaultKillGraceMs = 10_000;

/** How long what is cut off at the end may take to say so, milliseconds. */
const farewellMs = 10_000;

/** How long processes may take to clean up when the builder itself is told to end at once, milliseconds. */
const endNowGraceMs = 2_000;

const buildDelay = { initialMs: 10_000, factor: 2, maxMs: 1_800_000, jitter: 0.1 };
/** After a gate has refused an upload: sending and booting the same image again costs much and helps little. */
const gateDelay = { initialMs: 1_800_000, factor: 2, maxMs: 21_600_000, jitter: 0.1 };
const cloudDelay = { initialMs: 10_000, factor: 2, maxMs: 600_000, jitter: 0.1 };

/**
 * Starts a builder: it ends what an earlier one left running, registers, and works until stopped.
 *
 * @throws NP_IMAGES_DIR_UNUSABLE without an images-dir of its own.
 */
export async function startBuilder(options: BuilderOptions): Promise<Builder> {
  const { config, store, clock, random, log } = options;
  const { imagesDir: path } = config.current();
  if (path === undefined)
    throw new BuilderError('NP_IMAGES_DIR_UNUSABLE', 'starting the builder: no images-dir is configured');
  await using resources = new AsyncDisposableStack();
  const imagesDir = resources.use(await claimImagesDir(path, random));
  if (/\s/.test(path))
    log.warn({ imagesDir: path }, 'disk-image-create fails in an images-dir with blanks in its name');
  const killGraceMs = options.killGraceMs ?? defaultKillGraceMs;
  await endOrphans(imagesDir.path, { clock, log, graceMs: killGraceMs });
  const caches = resources.use(await store.openCaches({ resourcesOf: () => ({}), only: ['images'] }));
  resources.use(await register(options));
  const wakeups = new Wakeups(options);
  const kept = resources.use(new KeptProviders(options.providers, options));
  const context = makeContext(options, { imagesDir, caches, kept, killGraceMs, wakeups });
  resources.use(caches.images.onChange(() => wakeups.mark()));
  resources.use(config.onChange(() => wakeups.mark()));
  resources.use(config.onChange(() => warnOfMove(options, imagesDir.path)));
  resources.use(store.session.onState((state) => state === 'connected' && wakeups.mark()));
  const stopping = new AbortController();
  const loops = runLoops(options, context, wakeups, stopping.signal);
  log.info({ builderId: imagesDir.builderId, imagesDir: imagesDir.path }, 'started builder');
  return new RunningBuilder(context, stopping, loops, resources.move());
}

/** The directory was claimed at the start, and the files of all builds are there. */
function warnOfMove({ config, log }: BuilderOptions, path: string): void {
  const { imagesDir } = config.current();
  if (imagesDir !== path) log.warn({ imagesDir, used: path }, 'kept the images-dir, which changes with a restart only');
}

function register({ store, identity }: BuilderOptions): Promise<Registration> {
  const { hostname, version = null } = identity;
  return store.components.register({ kind: 'builder', hostname, state: 'running', version, modelApi: 0 });
}

function makeContext(
  options: BuilderOptions,
  parts: {
    readonly imagesDir: ClaimedImagesDir;
    readonly caches: StoreCaches;
    readonly kept: KeptProviders;
    readonly killGraceMs: number;
    readonly wakeups: Wakeups;
  },
): BuilderContext {
  const { config, store, clock, random, log, identity, buildWorkers, uploadWorkers } = options;
  const onEnd = (): void => parts.wakeups.mark();
  const jobs: BuilderJobs = {
    builds: new Jobs(log, onEnd),
    uploads: new Jobs(log, onEnd),
    deletions: new Jobs(log, onEnd),
  };
  const delays: BuilderDelays = {
    builds: new Delays(clock, random, buildDelay),
    uploads: new Delays(clock, random, cloudDelay),
    gates: new Delays(clock, random, gateDelay),
    deletions: new Delays(clock, random, cloudDelay),
  };
  return {
    config,
    store,
    cache: parts.caches.images,
    providers: new ImageProviderResolver(parts.kept, log),
    clock,
    random,
    log,
    identity,
    imagesDir: parts.imagesDir,
    limits: { buildWorkers, uploadWorkers, killGraceMs: parts.killGraceMs },
    jobs,
    delays,
    machines: options.machines ?? { hostCheck: new HostCheck(clock), runSshCommand },
    gatePlaces: new GatePlaces(),
    history: new HistoryWriter(store.imageHistory, identity.fqdn, clock, log),
    suspectLeak: () => parts.wakeups.leaks.mark(),
  };
}

/** One wake-up for each loop; every event concerns all of them but the search for leaks, which asks the clouds. */
class Wakeups {
  readonly builds: Wakeup;
  readonly uploads: Wakeup;
  readonly retention: Wakeup;
  readonly leaks: Wakeup;

  constructor({ clock }: BuilderOptions) {
    this.builds = new Wakeup(clock);
    this.uploads = new Wakeup(clock);
    this.retention = new Wakeup(clock);
    this.leaks = new Wakeup(clock);
  }

  mark(): void {
    this.builds.mark();
    this.uploads.mark();
    this.retention.mark();
  }
}

async function runLoops(
  { clock, metrics }: BuilderOptions,
  context: BuilderContext,
  wakeups: Wakeups,
  signal: AbortSignal,
): Promise<void> {
  const { log } = context;
  const onBuild = buildMetrics(metrics);
  const onUpload = uploadMetrics(metrics);
  const retention = new RetentionExecutor(context, retentionMetrics(metrics), () => wakeups.retention.mark());
  const stats = new BuilderStats(metrics);
  const unknownSince: UnknownSince = new Map();
  const onLeak = leakMetrics(metrics);
  const suspects: SuspectsSince = new Map();
  await Promise.all([
    loop('builds', log, wakeups.builds, {
      observe: () => observeBuilds(context),
      decide: decideBuilds,
      execute: (action) => executeBuild(context, onBuild, action),
    }),
    loop('uploads', log, wakeups.uploads, {
      observe: () => observeUploads(context),
      decide: decideUploads,
      execute: (action) => executeUpload(context, onUpload, action),
    }),
    loop('retention', log, wakeups.retention, {
      observe: () => {
        stats.set(context);
        return observeRetention(context, unknownSince);
      },
      decide: decideRetention,
      execute: (action) => retention.execute(action),
    }),
    loop('leaks', log, wakeups.leaks, {
      observe: (stop) => observeLeaks(context, suspects, stop),
      decide: decideLeaks,
      execute: (action, stop) => executeLeak(context, onLeak, action, stop),
    }),
  ]);

  function loop<View, Action>(
    name: string,
    parent: Logger,
    wakeup: Wakeup,
    steps: Omit<Reconciler<View, Action>, 'name'>,
  ): Promise<void> {
    const observe = async (stop: AbortSignal): Promise<View> => {
      await context.store.session.connected(stop);
      return steps.observe(stop);
    };
    const loopLog = parent.child({}, `nodepool.builder.${name}`);
    return runReconciler({ ...steps, name, observe }, { clock, log: loopLog, wakeup }, signal);
  }
}

class RunningBuilder implements Builder {
  readonly #context: BuilderContext;
  readonly #stopping: AbortController;
  readonly #loops: Promise<void>;
  readonly #resources: AsyncDisposable;
  #stopped: Promise<void> | undefined;

  constructor(context: BuilderContext, stopping: AbortController, loops: Promise<void>, resources: AsyncDisposable) {
    this.#context = context;
    this.#stopping = stopping;
    this.#loops = loops;
    this.#resources = resources;
  }

  state() {
    return describeState(this.#context);
  }

  stop({ graceful }: { readonly graceful: boolean }): Promise<void> {
    const reason = new Error('the builder is stopping');
    this.#stopping.abort(reason);
    const { builds, uploads, deletions } = this.#context.jobs;
    uploads.abort(reason);
    deletions.abort(reason);
    // A second, impatient call ends what the first one waits for.
    if (!graceful) builds.abort(reason);
    this.#stopped ??= this.#finish();
    return this.#stopped;
  }

  endProcesses(): void {
    const { jobs, imagesDir } = this.#context;
    const families = jobs.builds.infos().map(({ image, buildId, pid }) => ({
      leader: pid ?? undefined,
      marker: buildMarker(imagesDir.path, `${image}-${buildId}`),
    }));
    endFamiliesNow(families, endNowGraceMs);
  }

  async #finish(): Promise<void> {
    const { jobs, clock, history, log } = this.#context;
    await this.#loops;
    const farewell = new AbortController();
    const cutOff = Promise.all([jobs.uploads.idle(), jobs.deletions.idle(), history.idle()]);
    const patience = clock.sleep(farewellMs, farewell.signal).catch(() => undefined);
    await Promise.all([jobs.builds.idle(), Promise.race([cutOff, patience])]);
    farewell.abort();
    await this.#resources[Symbol.asyncDispose]();
    log.info({}, 'stopped builder');
  }
}
