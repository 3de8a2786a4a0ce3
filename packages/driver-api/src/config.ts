import type { JsonObject, Resources } from '@nodepool/model';

/**
 * What the core must know of a provider's configuration, whatever its driver. A driver's schema produces this and adds
 * what only the driver reads. Durations are in the unit that the name says.
 *
 * Source: docs/compatibility/config.md sections 5 and 6.
 */
export interface ProviderConfig {
  readonly name: string;
  readonly driver: string;
  /** Launches in parallel over all pools; negative is unlimited, 0 stops all request handling. */
  readonly maxConcurrency: number;
  /** Default for the pools; lower is preferred. */
  readonly priority: number | undefined;
  /** Least time between two API calls, milliseconds; 0 is unlimited. */
  readonly callIntervalMs: number;
  readonly bootTimeoutMs: number;
  readonly launchTimeoutMs: number;
  /** Attempts in all. */
  readonly launchRetries: number;
  readonly imageUploadTimeoutMs: number;
  /** With `{image_name}`, `{upload_id}`, `{timestamp}`. */
  readonly imageNameFormat: string;
  readonly postUploadHook: string | undefined;
  readonly diskimages: readonly ProviderDiskimage[];
  readonly cloudImages: readonly CloudImage[];
  readonly pools: readonly PoolConfig[];
}

/** How clients talk to machines made from an image. */
export interface ConnectionConfig {
  readonly connectionType: string;
  readonly connectionPort: number;
}

/** A diskimage that the provider is to have uploaded. */
export interface ProviderDiskimage extends ConnectionConfig {
  readonly name: string;
  /** No uploads. */
  readonly pause: boolean;
  /** Image properties, over those of the diskimage. */
  readonly meta: Readonly<Record<string, string>>;
  readonly configDrive: boolean | undefined;
}

/** An image that the cloud has of its own. */
export interface CloudImage extends ConnectionConfig {
  readonly name: string;
  readonly imageId: string | undefined;
  readonly imageName: string | undefined;
  readonly username: string | null;
  readonly pythonPath: string;
  readonly shellType: string | null;
  readonly configDrive: boolean | undefined;
}

export interface PoolConfig {
  readonly name: string;
  /** The provider's priority, or 100, when the pool has none. */
  readonly priority: number;
  readonly nodeAttributes: JsonObject | null;
  /** Limits by resource: `instances`, `cores`, `ram` (MiB), `volumes`, `volume-gb` and others; missing is unlimited. */
  readonly limits: Resources;
  readonly ignoreProviderQuota: boolean;
  /** Empty lets the cloud choose. */
  readonly availabilityZones: readonly string[];
  readonly useInternalIp: boolean;
  readonly labels: readonly PoolLabel[];
}

export interface PoolLabel {
  readonly name: string;
  /** Exactly one of the two is set. */
  readonly diskimage: string | undefined;
  readonly cloudImage: string | undefined;
  readonly hostKeyChecking: boolean;
  readonly consoleLog: boolean;
  readonly instanceProperties: Readonly<Record<string, string>>;
  /** Format strings with `{request.<attribute>}`. */
  readonly dynamicInstanceProperties: Readonly<Record<string, string>>;
}
