import type { Logger } from '@nodepool/runtime';
import { nobodys } from '../nodes/nobodys.js';
import type { Slot } from './slot.js';

/** Returns the node of a slot to the pool: ready, promised to nobody, unlocked. Never rejects. */
export async function giveBack(slot: Slot, log: Logger): Promise<void> {
  const { held } = slot;
  if (held === undefined) return;
  try {
    await slot.writing.catch(() => undefined);
    if (slot.unwritten === undefined) await held.updateAndRelease(nobodys);
    else if (slot.launched !== null) await held.updateAndRelease({ ...slot.unwritten, ...nobodys });
    else await held.release();
  } catch (error) {
    log.info({ nodeId: held.id, error }, 'node was gone before it could go back to the pool');
  }
}
