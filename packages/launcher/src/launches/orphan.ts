import type { ExternalId } from '@nodepool/driver-api';
import { externalIdText } from '@nodepool/driver-api';
import type { Logger } from '@nodepool/runtime';
import type { HeldNode, Store } from '@nodepool/store';
import { nobodys } from '../nodes/nobodys.js';
import type { ProviderRuntime } from '../providers/provider-runtime.js';
import { Launch } from './launch.js';
import { storedLaunch } from './ticket.js';

interface OrphanDeps {
  readonly store: Store;
  readonly runtime: ProviderRuntime;
  readonly log: Logger;
}

/**
 * Ends an instance whose record we have lost, unless the record names it: then whoever has the record now ends it.
 * The leak sweep would find it as well, a minute later. Never rejects.
 */
export async function endOrphan(
  nodeId: string,
  externalId: ExternalId,
  { store, runtime, log }: OrphanDeps,
): Promise<void> {
  if (runtime.signal.aborted) return;
  try {
    const named = (await store.nodes.get(nodeId))?.record.externalId ?? null;
    if (named !== null && externalIdText(named) === externalIdText(externalId)) return;
    await runtime.provider.terminate(externalId, { signal: runtime.signal, log });
    log.info({ nodeId, externalId }, 'ended instance that has lost its record');
  } catch (error) {
    log.info({ nodeId, externalId, error }, 'instance without record is left to the leak sweep');
  }
}

/**
 * After a launch that had to be given up: its instance is ended unless the record names it, and a lock that is still
 * ours is let go of, so that somebody else can carry on.
 */
export async function abandon(
  held: HeldNode,
  { externalId }: { readonly externalId: ExternalId | null },
  deps: OrphanDeps,
): Promise<void> {
  if (externalId !== null) await endOrphan(held.id, externalId, deps);
  if (held.signal.aborted) return;
  await held.release().catch((error: unknown) => {
    deps.log.info({ nodeId: held.id, error }, 'node of a launch that was given up is gone');
  });
}

/**
 * Brings a half-made node to its end when no request has taken it: it becomes ready for whoever comes next. Its lock
 * is ours, and is let go of.
 *
 * @param letGo aborts when this launcher stops and another may carry on.
 */
export async function finishLaunch(
  held: HeldNode,
  { store, runtime, letGo, log }: OrphanDeps & { readonly letGo: AbortSignal },
): Promise<void> {
  const { node } = held;
  const begun = storedLaunch(node);
  const pool = runtime.config.pools.find(({ name }) => name === node.pool);
  const label = pool?.labels.find(({ name }) => name === node.type[0]);
  if (begun === undefined || pool === undefined || label === undefined) return held.release();
  const job = { held, request: undefined, pool, label, image: undefined, az: begun.az, begun, letGo };
  const reservation = runtime.reservations.take(pool.name, {});
  try {
    log.info({ nodeId: held.id, attempt: begun.attempt }, 'carried on with launch for nobody');
    const outcome = await new Launch(job, runtime, log).run();
    switch (outcome.kind) {
      case 'let-go':
        return await held.release();
      case 'lost':
        return await abandon(held, outcome, { store, runtime, log });
      default:
        await held.updateAndRelease({ ...outcome.change, ...nobodys });
    }
  } finally {
    reservation.ended();
  }
}
