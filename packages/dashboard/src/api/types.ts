// What the dashboard reads of API v1. The web package checks that its schemas still say the same.

export interface Node {
  readonly id: string;
  readonly labels: readonly string[];
  readonly state: string;
  /** Seconds since the epoch, as all times here. */
  readonly state_time: number;
  readonly created_time: number | null;
  readonly locked: boolean;
  readonly provider: string | null;
  readonly pool: string | null;
  readonly launcher: string | null;
  readonly allocated_to: string | null;
  readonly requestor: string | null;
  readonly tenant_name: string | null;
  readonly external_id: unknown;
  readonly hostname: string | null;
  readonly interface_ip: string | null;
  readonly public_ipv4: string | null;
  readonly private_ipv4: string | null;
  readonly public_ipv6: string | null;
  readonly region: string | null;
  readonly az: string | null;
  readonly image_id: string | null;
  readonly username: string | null;
  readonly connection_type: string | null;
  readonly connection_port: number | null;
  readonly host_keys: readonly string[];
  readonly resources: Resources | null;
  readonly hold_job: string | null;
  readonly hold_expiration: number | null;
  readonly comment: string | null;
}

export type Resources = Readonly<Record<string, number>>;

export interface NodeRequest {
  readonly id: string;
  readonly labels: readonly string[];
  readonly state: string;
  readonly state_time: number;
  readonly created_time: number | null;
  readonly nodes: readonly string[];
  readonly declined_by: readonly string[];
  readonly requestor: string | null;
  readonly provider: string | null;
  readonly priority: string;
  readonly relative_priority: number;
  readonly event_id: string | null;
  readonly tenant_name: string | null;
}

export interface Upload {
  readonly id: string;
  readonly build_id: string;
  readonly image: string;
  readonly provider: string;
  readonly state: string;
  readonly state_time: number;
  readonly external_id: string | null;
  readonly external_name: string | null;
  readonly format: string | null;
  readonly current: boolean;
  readonly reason: string | null;
}

export interface Build {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly state: string;
  readonly state_time: number;
  readonly builder: string | null;
  readonly formats: readonly string[];
  readonly current: boolean;
  readonly uploads: readonly Upload[];
}

export interface Image {
  readonly name: string;
  readonly paused: boolean;
  readonly configured: boolean;
  readonly rebuild_age: number | null;
  readonly build_requested_time: number | null;
  readonly providers: readonly string[];
  readonly builds: readonly Build[];
}

export interface ImageEvent {
  readonly time: number;
  readonly kind: string;
  readonly build_id: string | null;
  readonly provider: string | null;
  readonly upload_id: string | null;
  readonly by: string;
  readonly text: string | null;
}

export interface Pool {
  readonly id: string;
  readonly name: string | null;
  readonly provider: string | null;
  readonly labels: readonly string[];
  readonly priority: number;
  readonly paused: boolean;
  readonly used: Resources;
  readonly limits: Resources;
}

export interface Provider {
  readonly name: string;
  readonly driver: string;
  readonly used: Resources;
  readonly limits: Resources | null;
  readonly nodes: Readonly<Record<string, number>>;
  readonly healthy: boolean;
  readonly problem: string | null;
  /** Null while nothing was asked of it. */
  readonly calls: ProviderCalls | null;
}

/** What a launcher asked of a provider lately. */
export interface ProviderCalls {
  /** Seconds that the figures are of. */
  readonly window: number;
  readonly count: number;
  /** By code of the error. */
  readonly failures: Counts;
  readonly mean_seconds: number | null;
  readonly longest_seconds: number | null;
  /** Since the start of the launcher. */
  readonly leaked: number;
}

export interface Label {
  readonly name: string;
  readonly min_ready: number | null;
  readonly ready: number;
  readonly pools: readonly string[];
}

export interface Component {
  readonly kind: string;
  readonly name: string;
  readonly hostname: string;
  readonly state: string;
  readonly version: string | null;
}

export interface BuildUnderWay {
  readonly image: string;
  readonly build_id: string;
  readonly started_time: number;
  readonly step: string | null;
}

export interface UploadUnderWay {
  readonly image: string;
  readonly build_id: string;
  readonly provider: string;
  readonly upload_id: string;
  readonly started_time: number;
  readonly phase: 'uploading' | 'validating';
  readonly bytes_sent: number;
  readonly bytes_total: number;
  readonly bytes_per_second: number;
  readonly seconds_left: number | null;
}

export interface Builder {
  readonly id: string;
  readonly hostname: string;
  readonly builds: readonly BuildUnderWay[];
  readonly uploads: readonly UploadUnderWay[];
}

export type Counts = Readonly<Record<string, number>>;

export interface Situation {
  readonly time: number;
  readonly nodes: Counts;
  readonly requests: Counts;
  readonly oldest_request: string | null;
  readonly oldest_request_time: number | null;
  readonly launched: number;
  readonly failed: number;
}

export interface HistoryPoint {
  readonly time: number;
  readonly nodes: Counts;
  readonly requests: Counts;
  readonly oldest_wait: number | null;
  readonly launched: number;
  readonly failed: number;
  readonly used: Counts;
}

export interface Overview {
  readonly now: Situation;
  readonly counting_since: number;
  readonly history: { readonly step: number; readonly points: readonly HistoryPoint[] };
}

export interface Explanation {
  readonly summary: string;
  readonly reasons: readonly string[];
  readonly remedies: readonly string[];
}

export interface RollbackResult {
  readonly retired_build: string;
  readonly paused: boolean;
  readonly current: readonly { readonly provider: string; readonly build_id: string | null }[];
}

export interface Caller {
  readonly name: string | null;
  readonly scopes: readonly string[];
}

/** Data of a `change` event. */
export interface EventFrame {
  readonly nodes?: readonly Node[] | undefined;
  readonly requests?: readonly NodeRequest[] | undefined;
  readonly images?: readonly Image[] | undefined;
  readonly providers?: readonly Provider[] | undefined;
  readonly pools?: readonly Pool[] | undefined;
  readonly labels?: readonly Label[] | undefined;
  readonly components?: readonly Component[] | undefined;
  readonly builders?: readonly Builder[] | undefined;
  readonly now?: Situation | undefined;
  readonly point?: HistoryPoint | undefined;
  readonly gone?:
    | {
        readonly nodes?: readonly string[] | undefined;
        readonly requests?: readonly string[] | undefined;
        readonly images?: readonly string[] | undefined;
      }
    | undefined;
}

/** RFC 9457. */
export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string | undefined;
}
