import type { Readable } from 'node:stream';
import type { CallContext, ProviderDeps, ProviderErrorCode } from '@nodepool/driver-api';
import type { JsonObject, JsonValue } from '@nodepool/model';

/** The services that this driver talks to; `volume` is block storage, whatever the catalogue calls it. */
export type ServiceName = 'compute' | 'image' | 'network' | 'volume' | 'object-store' | 'identity';

export type QueryValue = string | number | boolean | readonly string[] | undefined;

/** A body that is sent from a stream, with backpressure. */
export interface StreamBody {
  /** Opens the stream from its start; called again when the request has to be made again (after a 401). */
  readonly open: () => Readable;
  /** Bytes; sent as Content-Length when known, else the body goes in chunks. */
  readonly length?: number;
}

/** One request to one service. */
export interface ApiCall {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /**
   * Below the versioned root of the service, beginning with a slash: `/servers/detail`, `/images`, `/ports`. A `next`
   * link as the service gave it (absolute, or a path that begins with the version) is taken as it is.
   * Segments are percent-encoded by the caller where they come from outside.
   */
  readonly path: string;
  /** Undefined values are left out; an array repeats its key. */
  readonly query?: Readonly<Record<string, QueryValue>>;
  /** Sent as JSON, `application/json` unless `headers` has another content type. */
  readonly body?: JsonValue;
  /** Instead of `body`; `application/octet-stream` unless `headers` has another content type. */
  readonly stream?: StreamBody;
  readonly headers?: Readonly<Record<string, string>>;
  /** `2.67`; sent only to compute and volume. Check {@link CloudSession.maxMicroversion} first. */
  readonly microversion?: string;
  /**
   * Whether it may be sent again after whatever is `transient`. GET, HEAD and DELETE are when this is absent. Any request
   * is that found no connection, and any without a stream that was turned away with 429. A stream is also sent again
   * once after a 401.
   */
  readonly idempotent?: boolean;
  /** Time for the whole exchange, milliseconds; 60 s when absent. A stream has none unless this is set: the caller's signal ends it. */
  readonly timeoutMs?: number;
  /** What a 400 means here; `misconfigured` when absent. Text that speaks of quota or capacity goes first. */
  readonly badRequest?: ProviderErrorCode;
  /** What is being attempted, for the message of an error: `creating server np0000000001`. Method and path when absent. */
  readonly doing?: string;
}

export interface ApiResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; null when the answer is empty; the text when it is not JSON. At most 64 MiB. */
  readonly body: JsonValue;
}

/** How one network of `networks` in clouds.yaml is used. */
export interface NetworkProfile {
  /** Name or id. */
  readonly name: string;
  readonly routesExternally: boolean;
  readonly routesIpv4Externally: boolean;
  readonly routesIpv6Externally: boolean;
  readonly natSource: boolean;
  readonly natDestination: boolean;
  readonly defaultInterface: boolean;
}

/** What clouds.yaml and the vendor's profile say of the cloud, besides how to reach it. */
export interface CloudProfile {
  /** `qcow2`, `raw`, `vhd`. */
  readonly imageFormat: string;
  /** Images are imported from the object store by a task: Rackspace's classic cloud. */
  readonly imageApiUseTasks: boolean;
  /** Who gives floating IP addresses; undefined when the cloud has none. */
  readonly floatingIpSource: 'neutron' | 'nova' | undefined;
  /** Who keeps security groups; undefined when the cloud has none. */
  readonly securityGroupSource: 'neutron' | 'nova' | undefined;
  /** Whether an instance needs a floating IP address to be reached; undefined leaves it to be found out. */
  readonly requiresFloatingIp: boolean | undefined;
  /** The private address is the one to connect to. */
  readonly isPrivate: boolean;
  /** IPv6 addresses are not to be used. */
  readonly forceIpv4: boolean;
  /** Whether addresses that are reached from outside of the cloud are to be used. */
  readonly usesExternalNetwork: boolean;
  /** Whether private addresses are to be used. */
  readonly usesInternalNetwork: boolean;
  readonly networks: readonly NetworkProfile[];
  /** Image properties that switch off an agent that the vendor's images have. */
  readonly disableVendorAgent: Readonly<Record<string, string>>;
}

/**
 * One region of one cloud. Authenticates at the first request, renews its token before it expires and once after a 401
 * (one renewal for all requests in flight), finds the services and their versions when they are first needed.
 *
 * Every request takes its turn under `rate` (`ctx.pace`), has a deadline, and is repeated with jitter where that is safe;
 * callers repeat nothing. All methods throw `ApiError` (a ProviderError) and nothing else, except the signal's reason
 * when the caller aborts:
 *
 * | answer | code |
 * |---|---|
 * | 401 after a renewal; sign-in refused; clouds.yaml cannot be used | `misconfigured` |
 * | text that speaks of an exceeded quota with 400, 403, 409, 413, 500; 413 without `Retry-After` | `quota` |
 * | text of "no valid host" and the like | `capacity` |
 * | 404, 410 | `not-found` |
 * | 409, 408, 5xx, cut connection, timeout | `transient` |
 * | 429; 413 with `Retry-After` | `rate-limited`, with `retryAfterMs` |
 * | 400 | `badRequest` of the call |
 * | 403, 405 and the rest of 4xx; a service that the catalogue lacks | `misconfigured` |
 */
export interface CloudSession {
  /** Entry of clouds.yaml. */
  readonly cloudName: string;
  /** The configured region, or the first of the cloud's; undefined when the cloud names none. */
  readonly region: string | undefined;
  /** The profile as last read; defaults while clouds.yaml cannot be used. */
  readonly profile: CloudProfile;
  request(service: ServiceName, call: ApiCall, ctx: CallContext): Promise<ApiResponse>;
  /** Whether clouds.yaml or the catalogue has an endpoint for the service. */
  hasService(service: ServiceName, ctx: CallContext): Promise<boolean>;
  /** The newest microversion that the service speaks, `2.93`; undefined when it has none. */
  maxMicroversion(service: ServiceName, ctx: CallContext): Promise<string | undefined>;
  /** The project that the token is for; undefined when it is not for a project. */
  projectId(ctx: CallContext): Promise<string | undefined>;
  /**
   * The items of a list, page after page: follows `<collection>_links` (Nova, Neutron, Cinder) and `next` (Glance).
   * Ends when a page brings nothing new, whatever its links say.
   *
   * @param collection the key of the array in the answer: `servers`, `images`, `ports`.
   */
  list(service: ServiceName, call: ListCall, ctx: CallContext): Promise<readonly JsonObject[]>;
  /** Lets go of connections. Requests in flight are ended by their own signals. */
  close(): Promise<void>;
}

export interface ListCall extends Pick<ApiCall, 'path' | 'query' | 'microversion' | 'timeoutMs' | 'doing'> {
  readonly collection: string;
}

/** Which region of which cloud. */
export interface CloudPlace {
  /** Entry of clouds.yaml. */
  readonly cloud: string;
  /** Undefined takes the cloud's first. */
  readonly regionName: string | undefined;
}

/**
 * Makes a session; `openCloudSession` of `cloud-session.ts` is the real one. Reads clouds.yaml at once, and again after
 * it could not be used; never throws: what is wrong comes out of the first request.
 */
export type OpenCloudSession = (place: CloudPlace, deps: ProviderDeps) => CloudSession;
