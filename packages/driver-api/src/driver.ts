import type { JsonObject, JsonValue, Resources } from '@nodepool/model';
import type { Clock, Logger, Random, Span } from '@nodepool/runtime';
import type { z } from 'zod';
import type { CloudImage, PoolConfig, PoolLabel, ProviderConfig, ProviderDiskimage } from './config.js';

/** One kind of cloud. */
export interface Driver<Schema extends z.ZodType<ProviderConfig> = z.ZodType<ProviderConfig>> {
  /** Same as the folder and the value of `driver` in the configuration. */
  readonly name: string;
  /** Schema of one entry of `providers`; its output is the common configuration plus the driver's own keys. */
  readonly configSchema: Schema;
  /** Imports the cloud's SDK only now, and returns what makes a provider. */
  load(): Promise<(config: z.output<Schema>, deps: ProviderDeps) => Provider>;
  /**
   * What has to be there before a provider can be asked anything, for `nodepool doctor`. Absent when that is nothing.
   *
   * @throws ProviderError `misconfigured`, naming the file and the remedy.
   */
  prerequisites?(config: z.output<Schema>): Promise<Prerequisites>;
}

/** What a provider stands on outside of the configuration. */
export interface Prerequisites {
  /** Files that hold credentials. */
  readonly secretFiles: readonly string[];
  /** Addresses that have to answer, whatever they answer: `https://keystone.example.org/v3`. */
  readonly urls: readonly string[];
}

/** What a provider needs from outside. */
export interface ProviderDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface CallContext {
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Given to a provider that {@link Provider.pacesRequests}. */
  readonly pace?: CallPace;
  /** What the call is a part of; a driver may add parts of its own. */
  readonly span?: Span;
}

/** The configured `rate`, for a driver that makes several requests in one call or none. */
export interface CallPace {
  /**
   * Resolves when the next request may be made; rejects with the reason of the call's signal when that comes first. Time
   * spent here counts towards no deadline and no measurement.
   */
  turn(): Promise<void>;
  /** No request of this provider before `ms` from now: the cloud said so. */
  holdOff(ms: number): void;
}

/** For calls made again and again while something is under way. */
export interface CheckContext extends CallContext {
  /** One list of all instances by `externalId` text, fetched once per interval for everything in flight. */
  readonly instances: () => Promise<ReadonlyMap<string, Instance>>;
}

/**
 * One account in one cloud. Calls may run concurrently. Every method throws {@link ProviderError} and nothing else.
 * No method retries, sleeps, limits its rate or measures itself: the core wraps it once.
 */
export interface Provider {
  /**
   * Asks for an instance and returns as soon as the cloud has accepted. The instance carries `spec.tags` from the
   * first moment, so that it can be found if the ticket is lost. Launching twice with the same `nodeId` is safe:
   * the second call finds or removes what the first one left.
   */
  launch(spec: LaunchSpec, ctx: CallContext): Promise<LaunchTicket>;
  /** Makes one observation or one step; never waits. Throws when the launch has failed. */
  checkLaunch(ticket: LaunchTicket, ctx: CheckContext): Promise<LaunchProgress>;
  /**
   * Asks for deletion. May be called any number of times. Resolves when accepted; throws `not-found` when the instance
   * is gone, and only that is proof.
   */
  terminate(externalId: ExternalId, ctx: CallContext): Promise<void>;
  /** Every instance of the account that carries tags of Nodepool, of this or any other provider. */
  listInstances(ctx: CallContext): Promise<readonly Instance[]>;
  /** Zones of the cloud that can be used, for pools that name none. Absent or empty lets the cloud choose. */
  readonly zones?: (ctx: CallContext) => Promise<readonly string[]>;
  /** What can be read of an instance's console, for the log of a failed launch. */
  readonly consoleLog?: (externalId: ExternalId, ctx: CallContext) => Promise<string | undefined>;
  /** Absent when the cloud takes no images. */
  readonly images?: ImageStore;
  /** Absent when nothing limits the account: every node then counts as one instance. */
  readonly quota?: QuotaSource;
  /** Absent when instances are the only thing that can leak. */
  readonly leaks?: LeakSweeper;
  /** Every request takes its turn at {@link CallContext.pace}; the core then leaves the calls as a whole unspaced. */
  readonly pacesRequests?: true;
  /**
   * Nothing is launched here: the machines exist, somebody registers them as ready nodes, and requests wait until
   * there is an idle one for each of their labels.
   */
  readonly onlyExisting?: true;
  /** Releases connections. Running calls are aborted through their signals, not through this. */
  close?(): Promise<void>;
}

/** Plain text for most clouds, an object where an instance is more than one thing. */
export type ExternalId = string | JsonObject;

/** Tags on every resource. Source: docs/compatibility/launcher.md section 7. */
export const tagKeys = {
  nodeId: 'nodepool_node_id',
  poolName: 'nodepool_pool_name',
  providerName: 'nodepool_provider_name',
  buildId: 'nodepool_build_id',
  uploadId: 'nodepool_upload_id',
  /** On images, and ours alone: the tree whose records know of them. */
  treeId: 'nodepool_tree_id',
} as const;

export interface LaunchSpec {
  readonly nodeId: string;
  /** `np` and the node id. */
  readonly hostname: string;
  readonly pool: PoolConfig;
  readonly label: PoolLabel;
  readonly image: LaunchImage;
  /** Zone to use; undefined lets the cloud choose. */
  readonly az: string | undefined;
  /** Tags and properties, the label's own and those of {@link tagKeys}. */
  readonly tags: Readonly<Record<string, string>>;
}

export type LaunchImage =
  | {
      readonly kind: 'diskimage';
      readonly externalId: string;
      readonly config: ProviderDiskimage;
      readonly username: string | null;
    }
  | { readonly kind: 'cloud-image'; readonly config: CloudImage };

/** Kept on the node record as JSON while the launch is under way, so that another launcher can carry on. */
export interface LaunchTicket {
  /** Null until the cloud has named the instance. */
  readonly externalId: ExternalId | null;
  /** Whatever the driver needs to go on; its step, when a launch has several. */
  readonly data: JsonValue;
}

export type LaunchProgress =
  | {
      readonly state: 'pending';
      /** Present when it has changed and must be stored. */
      readonly ticket?: LaunchTicket;
      /** When to look again; undefined is the core's interval. */
      readonly recheckAfterMs?: number;
    }
  | { readonly state: 'running'; readonly instance: RunningInstance };

/** An instance that has its addresses. */
export interface RunningInstance {
  readonly externalId: ExternalId;
  /** Where the launcher and Zuul connect to, unless the pool wants the private address. */
  readonly interfaceIp: string | null;
  readonly publicIpv4: string | null;
  readonly privateIpv4: string | null;
  readonly publicIpv6: string | null;
  readonly cloud: string | null;
  readonly region: string | null;
  readonly az: string | null;
  readonly hostId: string | null;
  readonly driverData: JsonValue;
  readonly slot: number | null;
  /** Overrides what the image says, where an address alone does not tell (a forwarded port). */
  readonly connectionPort?: number;
  /** Attributes to add to the node's. */
  readonly attributes?: JsonObject;
}

/** An instance as a list shows it. */
export interface Instance {
  readonly externalId: ExternalId;
  readonly tags: Readonly<Record<string, string>>;
  /** The driver's own word for its state. */
  readonly status: string;
  /** What it uses of the account's quota. */
  readonly resources: Resources;
}

/** The text under which {@link CheckContext.instances} finds an instance. */
export function externalIdText(externalId: ExternalId): string {
  return typeof externalId === 'string' ? externalId : JSON.stringify(externalId);
}

export interface ImageUploadSpec {
  readonly imageName: string;
  /** Name to give the image in the cloud. */
  readonly externalName: string;
  readonly path: string;
  readonly format: string;
  readonly md5: string | undefined;
  readonly sha256: string | undefined;
  /** Properties, tags of {@link tagKeys} included. */
  readonly meta: Readonly<Record<string, string>>;
  readonly config: ProviderDiskimage;
}

export interface UploadedImage {
  readonly externalId: string;
  readonly externalName: string;
}

export interface CloudImageListing {
  readonly externalId: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ImageStore {
  /** The file format that the cloud takes, such as `qcow2`. */
  readonly format: string;
  /** Kind of VHD that the cloud takes, where `format` is `vhd`; absent is `dynamic`. */
  readonly vhdSubformat?: 'dynamic' | 'fixed';
  /** Images of ours that no record knows stay: the operator has not allowed their removal. */
  readonly keepsUnknown?: boolean;
  /** Resolves when the image can be used. `onProgress` is told the bytes sent so far. */
  upload(
    spec: ImageUploadSpec,
    ctx: CallContext & { readonly onProgress?: (bytes: number) => void },
  ): Promise<UploadedImage>;
  /** Throws `not-found` when the image is gone. */
  remove(externalId: string, ctx: CallContext): Promise<void>;
  /** Images that carry tags of Nodepool. */
  list(ctx: CallContext): Promise<readonly CloudImageListing[]>;
  /** False when the cloud says that it has no such image; absent when there are no cloud images. */
  readonly hasCloudImage?: (image: CloudImage, ctx: CallContext) => Promise<boolean>;
}

export interface QuotaSource {
  /** What the account may use in all; a missing key is unlimited. */
  limits(ctx: CallContext): Promise<Resources>;
  /** What one node of `label` takes. Throws `misconfigured` when the label can never be launched. */
  needed(pool: PoolConfig, label: PoolLabel, ctx: CallContext): Promise<Resources>;
}

/** Something other than an instance that carries our tags, or that nobody uses. */
export interface LeakCandidate {
  /** Stable over sightings. */
  readonly id: string;
  /** Plural noun for statistics: `ports`. */
  readonly kind: string;
  /** With the name of the provider in any case. */
  readonly tags: Readonly<Record<string, string>>;
  /** The driver has made sure that nobody uses it: no record is looked for. */
  readonly unused?: boolean;
}

export interface LeakSweeper {
  list(ctx: CallContext): Promise<readonly LeakCandidate[]>;
  remove(candidate: LeakCandidate, ctx: CallContext): Promise<void>;
}

/** Ties a driver's schema to its provider, so that types are inferred. */
export function defineDriver<Schema extends z.ZodType<ProviderConfig>>(driver: Driver<Schema>): Driver<Schema> {
  return driver;
}
