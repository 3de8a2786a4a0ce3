import type { Registration } from '@nodepool/store';
import { endFamiliesNow } from './build-process/end-now.js';
import { endOrphans } from './build-process/orphans.js';
import type { BuilderContext } from './context.js';
import { BuilderError } from './errors.js';
import { claimImagesDir } from './files/images-dir.js';
import { KeptProviders } from './kept-providers.js';
import { startLogServer } from './log-server/server.js';
import { runLoops } from './loops.js';
import { makeContext } from './make-context.js';
import { describeState } from './state.js';
import { StatusPublisher } from './status/publish.js';
import type { Builder, BuilderOptions } from './types.js';
import { Wakeups } from './wakeups.js';

const defaultKillGraceMs = 10_000;

/** How long what is cut off at the end may take to say so, milliseconds. */
const farewellMs = 10_000;

/** How long processes may take to clean up when the builder itself is told to end at once, milliseconds. */
const endNowGraceMs = 2_000;

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
  const wakeups = new Wakeups(clock);
  const kept = resources.use(new KeptProviders(options.providers, options));
  const context = makeContext(options, { imagesDir, caches, kept, killGraceMs, wakeups });
  resources.use(caches.images.onChange(() => wakeups.mark()));
  resources.use(config.onChange(() => wakeups.mark()));
  resources.use(config.onChange(() => warnOfMove(options, imagesDir.path)));
  const server = await startLogServer(context, (listener) => wakeups.onJobs(listener), options.measurements);
  if (server !== undefined) resources.use(server);
  const status = new StatusPublisher(context, server?.url ?? null);
  resources.use(
    store.session.onState((state) => {
      if (state === 'expired') {
        status.forget();
        context.treeId.forget();
      }
      if (state !== 'connected') return;
      wakeups.mark();
      wakeups.status.mark();
    }),
  );
  const stopping = new AbortController();
  const loops = runLoops(options, context, wakeups, status, stopping.signal);
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
    endFamiliesNow([...this.#context.commands.values()], endNowGraceMs);
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
