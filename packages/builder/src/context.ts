import type { Clock, Logger, Random, Tracer } from '@nodepool/runtime';
import type { ImageCache, Store } from '@nodepool/store';
import type { RunningCommands } from './build-process/run-noted.js';
import type { Delays } from './delays.js';
import type { ClaimedImagesDir } from './files/images-dir.js';
import type { GatePlaces } from './gate/gate.js';
import type { MachineAccess } from './gate/types.js';
import type { HistoryWriter } from './history.js';
import type { ImageProviderResolver } from './image-providers.js';
import type { Jobs } from './jobs.js';
import type { TreeId } from './tree-id.js';
import type { BuilderIdentity, ConfigSource, RunningBuild, RunningDeletion, RunningUpload } from './types.js';

/** What the parts of one builder share. */
export interface BuilderContext {
  readonly config: ConfigSource;
  readonly store: Store;
  readonly cache: ImageCache;
  readonly providers: ImageProviderResolver;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly tracer: Tracer;
  readonly identity: BuilderIdentity;
  readonly imagesDir: ClaimedImagesDir;
  readonly limits: BuilderLimits;
  readonly jobs: BuilderJobs;
  readonly delays: BuilderDelays;
  readonly machines: MachineAccess;
  readonly gatePlaces: GatePlaces;
  readonly history: HistoryWriter;
  readonly commands: RunningCommands;
  readonly treeId: TreeId;
  /** Looks for images without a record soon: an upload that was cut off may have left one. */
  readonly suspectLeak: () => void;
}

export interface BuilderLimits {
  readonly buildWorkers: number;
  readonly uploadWorkers: number;
  readonly killGraceMs: number;
}

export interface BuilderJobs {
  /** By image. */
  readonly builds: Jobs<RunningBuild>;
  /** By build and provider. */
  readonly uploads: Jobs<RunningUpload>;
  /** By upload. */
  readonly deletions: Jobs<RunningDeletion>;
}

export interface BuilderDelays {
  readonly builds: Delays;
  readonly uploads: Delays;
  /** Of uploads that a gate has refused: the same build will hardly do better soon. */
  readonly gates: Delays;
  readonly deletions: Delays;
}

/** Looks again at least this often, for what no event tells: a lock of a dead process, a file that was put back. */
export const sweepMs = 60_000;

/** When a lock was held by somebody else. */
export const busyRecheckMs = 10_000;
