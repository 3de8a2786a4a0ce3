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
  /** Instead of the gate of the diskimage; false is none, absent leaves it to the diskimage. */
  readonly validate?: ImageGate | false;
}

/** What an upload must pass before it is used: a machine is booted from it, asked, and ended. */
export interface ImageGate {
  /** Whose settings the machine gets; undefined takes the first label of the provider that boots the image. */
  readonly label: string | undefined;
  readonly pool: string | undefined;
  /** From the order for the machine to its answer. */
  readonly timeoutMs: number;
  readonly attempts: number;
  /** Run on the machine; it must exit with 0. */
  readonly command: string | undefined;
  /** Path of the private key for the command. */
  readonly sshKey: string | undefined;
  readonly username: string | undefined;
  /** Path of a program run beside the builder; it must exit with 0. */
  readonly script: string | undefined;
  /** For the command and for the script. */
  readonly commandTimeoutMs: number;
  /** Told of a refusal. The address may hold a secret: never shown. */
  readonly webhook: string | undefined;
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
