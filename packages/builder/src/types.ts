import type { Config } from '@nodepool/config';
import type { Provider, ProviderConfig, ProviderDeps } from '@nodepool/driver-api';
import type { Clock, Logger, Metrics, Random, Tracer } from '@nodepool/runtime';
import type { Store } from '@nodepool/store';
import type { MachineAccess } from './gate/types.js';
import type { Measurements } from './log-server/server.js';

/** The configuration in force, and word of its changes. */
export interface ConfigSource {
  current(): Config;
  onChange(listener: () => void): Disposable;
}

/** Where providers come from: the drivers, or a test. */
export interface ProviderSource {
  /** @returns the bare provider; deadlines, rate limits and measurements are put around it here. */
  open(config: ProviderConfig, deps: ProviderDeps): Promise<Provider>;
}

/** Who this builder is in records and in the component registry. */
export interface BuilderIdentity {
  readonly fqdn: string;
  /** Short host name. */
  readonly hostname: string;
  readonly version?: string | null;
}

export interface BuilderOptions {
  readonly config: ConfigSource;
  readonly store: Store;
  readonly providers: ProviderSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Where the traces of builds and uploads go; nowhere when absent. */
  readonly tracer?: Tracer;
  /** What `metrics` has collected, shown by the server of build logs at `/metrics`. */
  readonly measurements?: Measurements;
  readonly identity: BuilderIdentity;
  /** Builds at once. */
  readonly buildWorkers: number;
  /** Uploads at once, over all providers. */
  readonly uploadWorkers: number;
  /** How machines of the image gate are reached; over the network by default. */
  readonly machines?: MachineAccess;
  /** How long processes of a build may take to end after SIGTERM, milliseconds; 10 s. */
  readonly killGraceMs?: number;
}

/** Work in hand, for `state()`. Times are milliseconds since the epoch. */
export interface BuilderState {
  readonly builderId: string;
  readonly imagesDir: string;
  readonly builds: readonly RunningBuild[];
  readonly uploads: readonly RunningUpload[];
  readonly deletions: readonly RunningDeletion[];
  /** What waits after a failure. */
  readonly delayed: readonly { readonly what: string; readonly failures: number; readonly inMs: number }[];
  /** Builds marked `deleting` and what they wait for. */
  readonly waitingForDeletion: readonly { readonly build: string; readonly waitsFor: string }[];
}

export interface RunningBuild {
  readonly image: string;
  /** Null until the record exists. */
  readonly buildId: string | null;
  /** Null until its command runs. */
  readonly pid: number | null;
  /** What it is at, for people. */
  readonly step: string | null;
  readonly startedAtMs: number;
}

export interface RunningUpload {
  readonly image: string;
  readonly buildId: string;
  readonly provider: string;
  readonly uploadId: string | null;
  readonly startedAtMs: number;
  /** A machine is booted from it once the data have arrived, where a gate is configured. */
  readonly phase: 'uploading' | 'validating';
  readonly bytesSent: number;
  /** 0 until the file was looked at. */
  readonly bytesTotal: number;
}

export interface RunningDeletion {
  readonly image: string;
  readonly buildId: string;
  readonly provider: string;
  readonly uploadId: string;
  readonly startedAtMs: number;
}

/** A builder at work. */
export interface Builder {
  /** What it is doing now. */
  state(): BuilderState;
  /**
   * Ends. Uploads are cut off either way.
   *
   * @param graceful waits for builds in progress; otherwise their processes are ended and the builds fail.
   */
  stop(options: { readonly graceful: boolean }): Promise<void>;
  /** Ends the processes of builds before it returns, for a process that is told to end at once. */
  endProcesses(): void;
}
