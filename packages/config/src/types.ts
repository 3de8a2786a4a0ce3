import type { ImageGate, ProviderConfig } from '@nodepool/driver-api';
import type { Secret } from '@nodepool/runtime';

/** A configuration that was read, checked and resolved: parents merged, secure file applied, defaults filled in. */
export interface Config {
  readonly webapp: WebappConfig;
  readonly elementsDir: string | undefined;
  readonly imagesDir: string | undefined;
  /** Space that must be free in images-dir before a build, at least. */
  readonly imagesDirMinFreeMiB: number;
  readonly buildLogServer: BuildLogServerConfig;
  readonly buildLogDir: string;
  /** Old logs kept per image; negative keeps all. */
  readonly buildLogRetention: number;
  readonly zookeeper: ZooKeeperConfig;
  readonly labels: ReadonlyMap<string, LabelConfig>;
  /** In the order of the file, without abstract ones. */
  readonly diskimages: ReadonlyMap<string, DiskimageConfig>;
  /** In the order of the file. */
  readonly providers: ReadonlyMap<string, ProviderConfig>;
  /** Providers of drivers that this release lacks. They are not started; their labels and diskimages were checked. */
  readonly unavailableProviders: readonly UnavailableProvider[];
  /** Seconds; 0 is unlimited. */
  readonly maxHoldAgeSec: number;
  /** Limits by tenant and resource (`instances`, `cores`, `ram`, ...); a missing key is unlimited. */
  readonly tenantLimits: ReadonlyMap<string, Readonly<Record<string, number>>>;
}

/** What a token of the web API may be good for; each holder may read, `operate` may lease, `admin` may do everything. */
export const tokenScopes = ['read', 'lease', 'operate', 'admin'] as const;

export type TokenScope = (typeof tokenScopes)[number];

/** A token of the web API, as the secure file has it. */
export interface WebToken {
  readonly name: string;
  /** Of the token, lower-case hexadecimal. */
  readonly sha256: string;
  readonly scopes: readonly TokenScope[];
  /** How many leases the token may have at once; undefined is unlimited. */
  readonly maxLeases?: number | undefined;
  /** How many machines all of them together may have. */
  readonly maxMachines?: number | undefined;
}

export interface WebappConfig {
  readonly port: number;
  readonly listenAddress: string;
  /** Who may read: everybody, or the holders of a token. */
  readonly readAccess: 'open' | 'token';
  /** Paths of PEM files; undefined serves plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Addresses and networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Of one address, on average. */
  readonly readsPerSecond: number;
  /** By one token, on average. */
  readonly changesPerSecond: number;
  readonly tokens: readonly WebToken[];
}

/** Where a builder shows the logs of its builds. */
export interface BuildLogServerConfig {
  readonly listenAddress: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** How others reach it; undefined is made of the address, or of the host name when it listens everywhere. */
  readonly url: string | undefined;
}

export interface UnavailableProvider {
  readonly name: string;
  readonly driver: string;
  /** For people. */
  readonly reason: string;
}

export interface ZooKeeperConfig {
  /** `host:port`, IPv6 in brackets; empty when none are configured. */
  readonly servers: readonly string[];
  /** One chroot for all servers; empty for none. */
  readonly chroot: string;
  readonly sessionTimeoutMs: number;
  /** Paths of PEM files. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string } | undefined;
}

export interface LabelConfig {
  readonly name: string;
  /** 0 keeps no standing stock. */
  readonly minReady: number;
  /** Seconds; 0 is unlimited. */
  readonly maxReadyAgeSec: number;
}

export interface DiskimageConfig {
  readonly name: string;
  readonly elements: readonly string[];
  readonly envVars: Readonly<Record<string, string>>;
  /** Those of the secure file, which win. */
  readonly secretEnvVars: Readonly<Record<string, Secret>>;
  /** Formats wanted besides those that providers need. */
  readonly formats: readonly string[];
  readonly keepFormats: readonly string[];
  readonly deleteAfterUpload: boolean;
  readonly dibCmd: string;
  /** Who makes the formats of a build: the command, Nodepool of the raw image, or Nodepool what the command cannot. */
  readonly conversion: 'auto' | 'nodepool' | 'dib-cmd';
  readonly qcow2Compression: 'zlib' | 'zstd' | 'none';
  readonly release: string;
  readonly rebuildAgeSec: number;
  readonly buildTimeoutSec: number;
  readonly pause: boolean;
  readonly username: string;
  readonly pythonPath: string;
  readonly shellType: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** What an upload must pass before it is used, unless its provider says otherwise. */
  readonly validate: ImageGate | undefined;
}
