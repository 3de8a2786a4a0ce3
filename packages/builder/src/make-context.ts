import { HostCheck } from '@nodepool/launcher/machine';
import { noTracing } from '@nodepool/runtime';
import type { StoreCaches } from '@nodepool/store';
import type { BuilderContext, BuilderDelays, BuilderJobs } from './context.js';
import { Delays } from './delays.js';
import type { ClaimedImagesDir } from './files/images-dir.js';
import { GatePlaces } from './gate/gate.js';
import { runSshCommand } from './gate/ssh-command.js';
import { HistoryWriter } from './history.js';
import { ImageProviderResolver } from './image-providers.js';
import { Jobs } from './jobs.js';
import type { KeptProviders } from './kept-providers.js';
import { TreeId } from './tree-id.js';
import type { BuilderOptions } from './types.js';
import type { Wakeups } from './wakeups.js';

const buildDelay = { initialMs: 10_000, factor: 2, maxMs: 1_800_000, jitter: 0.1 };
/** After a gate has refused an upload: sending and booting the same image again costs much and helps little. */
const gateDelay = { initialMs: 1_800_000, factor: 2, maxMs: 21_600_000, jitter: 0.1 };
const cloudDelay = { initialMs: 10_000, factor: 2, maxMs: 600_000, jitter: 0.1 };

/** Puts together what the parts of one builder share. */
export function makeContext(
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
  const onChange = (): void => parts.wakeups.markJobs();
  const jobs: BuilderJobs = {
    builds: new Jobs(log, onEnd, onChange),
    uploads: new Jobs(log, onEnd, onChange),
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
    tracer: options.tracer ?? noTracing,
    identity,
    imagesDir: parts.imagesDir,
    limits: { buildWorkers, uploadWorkers, killGraceMs: parts.killGraceMs },
    jobs,
    delays,
    machines: options.machines ?? { hostCheck: new HostCheck(clock), runSshCommand },
    gatePlaces: new GatePlaces(),
    commands: new Map(),
    treeId: new TreeId(store),
    history: new HistoryWriter(store.imageHistory, identity.fqdn, clock, log),
    suspectLeak: () => parts.wakeups.leaks.mark(),
  };
}
