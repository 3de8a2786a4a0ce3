import type { Component } from '@nodepool/model';
import { LauncherError } from './errors.js';

/**
 * The level of the system is the lowest of all components; one that is newer keeps to it, one that is older than all
 * others must not start.
 *
 * @throws LauncherError `NP_MODEL_API`.
 *
 * Source: docs/compatibility/zookeeper.md section 7.
 */
export function checkModelApi(own: Component, others: Iterable<Component>): void {
  let lowest = Number.POSITIVE_INFINITY;
  for (const { modelApi } of others) lowest = Math.min(lowest, modelApi);
  if (Number.isFinite(lowest) && own.modelApi < lowest) {
    throw new LauncherError('NP_MODEL_API', `joining at schema level ${own.modelApi} a system at level ${lowest}`);
  }
}
