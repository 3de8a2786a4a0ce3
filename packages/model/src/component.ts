/** Component kinds of the registry. Source: docs/compatibility/zookeeper.md section 7. */
export const componentKinds = ['launcher', 'builder', 'pool'] as const;

export type ComponentKind = (typeof componentKinds)[number];

export const componentStates = ['initializing', 'running', 'paused', 'stopped'] as const;

export type ComponentState = (typeof componentStates)[number];

/** What a daemon or pool says of itself while it lives. */
export interface Component {
  readonly kind: ComponentKind;
  /** Short host name. */
  readonly hostname: string;
  readonly state: ComponentState;
  readonly version: string | null;
  /** Schema level; all components today are at 0. */
  readonly modelApi: number;
}

/** A pool worker as other launchers, and Zuul, see it. */
export interface PoolComponent extends Component {
  readonly kind: 'pool';
  /** The id used in `declined_by` and in the `launcher` field of nodes. */
  readonly id: string;
  readonly name: string | null;
  readonly providerName: string | null;
  readonly supportedLabels: readonly string[];
  /** Lower is preferred; 100 when nothing is configured. */
  readonly priority: number;
  /** True while the pool waits for quota. */
  readonly paused: boolean;
  /**
   * It leaves a request to the pool whose turn it is. Only our launchers do; with others whoever is faster has it.
   * Stored as `takes_turns`, which the original ignores.
   */
  readonly takesTurns?: boolean;
}
