import type { Lease, Node } from '@nodepool/model';
import type { HeldNode, NodeChange, Store } from '@nodepool/store';

/** How long the lock of a machine is waited for, milliseconds: whoever else has it writes one record. */
const lockMs = 2_000;

/** Stands on the machines of a lease, so that people see whose they are; who changes it takes the machine over. */
export function leaseComment({ id, owner }: Pick<Lease, 'id' | 'owner'>): string {
  return `leased to ${owner} (lease ${id})`;
}

/** The machine belongs to the lease, and nobody has taken it over. */
export function isLeased(lease: Lease, node: Node): boolean {
  return (
    node.state === 'hold' &&
    lease.requestId !== null &&
    node.allocatedTo === lease.requestId &&
    node.comment === leaseComment(lease)
  );
}

/** The machine is gone for who leased it. One that somebody keeps for himself is still there. */
export function isLost(lease: Lease, node: Node | undefined): boolean {
  return node === undefined || node.state !== 'hold' || node.allocatedTo !== lease.requestId;
}

/** What of a machine depends on when its lease ends: unlocked it outlives neither, whatever becomes of all launchers. */
export function holdUntil(lease: Lease, expiresSec: number, nowMs: number): NodeChange {
  return {
    state: 'hold',
    holdExpirationSec: Math.max(1, Math.ceil(expiresSec - nowMs / 1000)),
    comment: leaseComment(lease),
  };
}

/**
 * `done`: it is as it should be. `gone`: it can never be. `busy`: somebody has locked it, and it is worth another try.
 */
export type MachineOutcome = 'done' | 'gone' | 'busy';

/**
 * Changes a machine under its lock.
 *
 * @param decide what to write; `keep` leaves the machine as it is, `gone` as well.
 */
export async function changeMachine(
  store: Pick<Store, 'nodes'>,
  id: string,
  decide: (node: Node) => NodeChange | 'keep' | 'gone',
  signal?: AbortSignal,
): Promise<MachineOutcome> {
  const held = await store.nodes.lock(id, { waitMs: lockMs, ...(signal !== undefined && { signal }) });
  if (held === undefined) return (await store.nodes.get(id)) === undefined ? 'gone' : 'busy';
  return await change(held, decide(held.node));
}

async function change(held: HeldNode, wanted: NodeChange | 'keep' | 'gone'): Promise<MachineOutcome> {
  if (wanted === 'keep' || wanted === 'gone') {
    await held.release();
    return wanted === 'gone' ? 'gone' : 'done';
  }
  await held.updateAndRelease(wanted);
  return 'done';
}

/** The worst of several. */
export function worst(outcomes: readonly MachineOutcome[]): MachineOutcome {
  return outcomes.find((one) => one === 'gone') ?? outcomes.find((one) => one === 'busy') ?? 'done';
}
