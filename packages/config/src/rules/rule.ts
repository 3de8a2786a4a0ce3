import type { Problem, Severity } from '../finding.js';
import type { FileView, SecureView } from '../view.js';

/** What a rule may look at. */
export interface RuleContext {
  readonly file: FileView;
  readonly secure: SecureView;
  /** Names of the drivers of this release. */
  readonly drivers: ReadonlySet<string>;
  readonly missingZooKeeper: MissingZooKeeper;
  /** Provider names that begin with `fake` were given the driver `fake`. */
  readonly testMode: boolean;
  /** Severity of what a daemon can live with and the validator should not let pass. */
  readonly doubtful: Severity;
}

/** What it means that no ZooKeeper server is configured. */
export type MissingZooKeeper = 'error' | 'warn' | 'allow';

/** One check over the whole configuration, beyond what the schema of a single value can say. */
export type Rule = (context: RuleContext) => readonly Problem[];

export function error(problem: Omit<Problem, 'severity'>): Problem {
  return { severity: 'error', ...problem };
}

export function warning(problem: Omit<Problem, 'severity'>): Problem {
  return { severity: 'warning', ...problem };
}
