import type { NodeRequest, Resources } from '@nodepool/model';
import { exceededEver } from '../quota/fit.js';

/** One label as a pool offers it. */
export interface LabelView {
  /** What one node takes. */
  readonly needed: Resources;
  /** Why the cloud refuses the label for good, or undefined. */
  readonly brokenBecause: string | undefined;
  /** An upload is ready, or the cloud has the image. */
  readonly hasImage: boolean;
}

/** One pool as its configuration and its cloud make it, at one moment. */
export interface PoolView {
  readonly id: string;
  readonly provider: string;
  readonly priority: number;
  readonly labels: ReadonlyMap<string, LabelView>;
  readonly limits: Resources;
  /** Undefined when the pool ignores the provider's quota. */
  readonly providerFigure: Resources | undefined;
}

/**
 * Why a pool can never serve a request as things are configured: the first reason that holds, in words for the log.
 * Empty when it can.
 *
 * Source: docs/compatibility/launcher.md section 2, decline reasons.
 */
export function declineReasons(request: Pick<NodeRequest, 'nodeTypes'>, pool: PoolView): readonly string[] {
  const servers = pool.limits['instances'];
  if (servers !== undefined && servers <= 0) return ['pool is disabled by max-servers'];
  const labels = [...new Set(request.nodeTypes)];
  const invalid = labels.flatMap((label) => invalidLabel(label, pool.labels.get(label)));
  if (invalid.length > 0) return invalid;
  const imageless = labels.filter((label) => pool.labels.get(label)?.hasImage !== true);
  if (imageless.length > 0) return imageless.map((label) => `label ${label} has no image`);
  const needs = request.nodeTypes.map((label) => pool.labels.get(label)?.needed ?? {});
  return exceededEver({ providerFigure: pool.providerFigure, poolLimits: pool.limits }, needs).map(
    (resource) => `request needs more ${resource} than there are`,
  );
}

function invalidLabel(name: string, label: LabelView | undefined): readonly string[] {
  if (label === undefined) return [`label ${name} is not in the pool`];
  return label.brokenBecause === undefined ? [] : [`label ${name} is broken: ${label.brokenBecause}`];
}
