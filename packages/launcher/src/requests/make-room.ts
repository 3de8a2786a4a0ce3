import type { PoolContext } from './pool-context.js';

/** Marks an idle node for deletion, if it still is one. Never rejects. Source: launcher.md section 5. */
export async function giveUpIdleNode(
  nodeId: string,
  { store, log, yieldedNodes }: Pick<PoolContext, 'store' | 'log' | 'yieldedNodes'>,
): Promise<void> {
  yieldedNodes.add(nodeId);
  try {
    const held = await store.nodes.lock(nodeId);
    if (held === undefined) return;
    if (held.node.state !== 'ready' || held.node.allocatedTo !== null) {
      await held.release();
      return;
    }
    log.info({ nodeId, label: held.node.type[0] ?? '' }, 'gave up idle node to make room');
    await held.updateAndRelease({ state: 'deleting' });
  } catch (error) {
    log.info({ nodeId, error }, 'giving up idle node failed');
  } finally {
    yieldedNodes.delete(nodeId);
  }
}
