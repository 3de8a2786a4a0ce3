import type { Resources } from '@nodepool/model';
import { SimulatorError } from '../errors.js';
import type { LineOf, TraceLine, TraceRequest } from './schema.js';

/** What becomes of requests from outside, in the order of time. */
export type Wish =
  | { readonly kind: 'request'; readonly atSec: number; readonly request: TraceRequest }
  | {
      readonly kind: 'revised';
      readonly atSec: number;
      readonly requestId: string;
      readonly relativePriority: number;
    }
  | { readonly kind: 'cancelled'; readonly atSec: number; readonly requestId: string }
  | { readonly kind: 'quota'; readonly atSec: number; readonly provider: string; readonly limits: Resources };

/** A trace, sorted into what is asked for and what was seen of the clouds. */
export interface Workload {
  readonly wishes: readonly Wish[];
  readonly launches: readonly LineOf<'launch'>[];
  readonly uses: readonly LineOf<'use'>[];
  readonly deletions: readonly LineOf<'deletion'>[];
  readonly behaviours: readonly LineOf<'behaviour'>[];
  /** Of the first and the last request, seconds since the epoch. */
  readonly startSec: number;
  readonly endSec: number;
}

/**
 * Sorts the lines of one trace, which may stand in several files and in any order. A request that appears twice, as it
 * does when it was open while a recording was rotated or started anew, counts once.
 *
 * @throws SimulatorError `NP_TRACE_EMPTY`.
 */
export function workloadOf(lines: readonly TraceLine[]): Workload {
  const known = new Set<string>();
  const isNew = (line: TraceLine): boolean => {
    if (line.kind !== 'request') return true;
    if (known.has(line.id)) return false;
    known.add(line.id);
    return true;
  };
  const wishes = lines.filter(isNew).flatMap((line) => wishOf(line) ?? []);
  wishes.sort((left, right) => left.atSec - right.atSec);
  const requests = wishes.filter(({ kind }) => kind === 'request');
  const [first, last] = [requests[0], requests.at(-1)];
  if (first === undefined || last === undefined) {
    throw new SimulatorError('NP_TRACE_EMPTY', 'the trace holds no request');
  }
  return {
    wishes,
    launches: linesOf(lines, 'launch'),
    uses: linesOf(lines, 'use'),
    deletions: linesOf(lines, 'deletion'),
    behaviours: linesOf(lines, 'behaviour'),
    startSec: first.atSec,
    endSec: last.atSec,
  };
}

function linesOf<Kind extends TraceLine['kind']>(lines: readonly TraceLine[], kind: Kind): readonly LineOf<Kind>[] {
  return lines.filter((line): line is LineOf<Kind> => line.kind === kind);
}

function wishOf(line: TraceLine): Wish | undefined {
  switch (line.kind) {
    case 'request':
      return { kind: 'request', atSec: line.at, request: line };
    case 'revised':
      return { kind: 'revised', atSec: line.at, requestId: line.request, relativePriority: line.relativePriority };
    case 'cancelled':
      return { kind: 'cancelled', atSec: line.at, requestId: line.request };
    case 'quota':
      return { kind: 'quota', atSec: line.at, provider: line.provider, limits: line.limits };
    default:
      return undefined;
  }
}
