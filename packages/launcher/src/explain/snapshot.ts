import type { Config } from '@nodepool/config';
import type { Component, ImageBuild, ImageUpload, Node, NodeRequest, PoolComponent, Resources } from '@nodepool/model';
import type { UnreadableRecord } from '@nodepool/store';

/** The tree and the configuration at one moment, for what only looks at them. */
export interface Snapshot {
  readonly nowSec: number;
  /** Undefined when it cannot be read; `configProblem` says why. */
  readonly config: Config | undefined;
  readonly configProblem: string | undefined;
  readonly nodes: readonly (Node & { readonly locked: boolean })[];
  readonly requests: readonly NodeRequest[];
  readonly images: readonly ImageSnapshot[];
  readonly launchers: readonly Component[];
  readonly builders: readonly Component[];
  readonly pools: readonly PoolComponent[];
  readonly unreadable: readonly UnreadableRecord[];
  /** What a launcher has found out of the clouds; absent where nobody has asked them. */
  readonly cloud?: (provider: string) => CloudKnowledge | undefined;
}

/** What one cloud was found to offer; each part is undefined until it was read. */
export interface CloudKnowledge {
  /** The account's limits less what others use of it. */
  readonly figure: Resources | undefined;
  needed(pool: string, label: string): Resources | undefined;
  brokenBecause(pool: string, label: string): string | undefined;
  hasCloudImage(name: string): boolean;
}

export interface ImageSnapshot {
  readonly image: string;
  readonly paused: boolean;
  readonly buildRequest: 'pending' | 'building' | undefined;
  readonly builds: readonly ImageBuild[];
  readonly uploads: readonly ImageUpload[];
}
