import type { HeldNode, Store } from '@nodepool/store';
import { CliError } from './errors.js';

/** As long as the tree's other clients expect an operator to wait. Source: docs/compatibility/zookeeper.md section 8.2. */
const nodeLockWaitMs = 5_000;

/**
 * Takes the lock of a node, waiting up to five seconds.
 *
 * @returns undefined when the record is gone.
 * @throws CliError `NP_CLI_LOCKED` when another process keeps it.
 */
export async function lockNode(store: Store, id: string, signal: AbortSignal): Promise<HeldNode | undefined> {
  const held = await store.nodes.lock(id, { waitMs: nodeLockWaitMs, signal });
  if (held !== undefined) return held;
  signal.throwIfAborted();
  if ((await store.nodes.get(id)) === undefined) return undefined;
  throw new CliError(
    'NP_CLI_LOCKED',
    `node ${id} is locked by another process, and was not released within ${nodeLockWaitMs / 1000} seconds`,
  );
}
