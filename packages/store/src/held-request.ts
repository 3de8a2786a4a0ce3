import type { NodeRequest } from '@nodepool/model';
import type { HeldRecord } from './held-record.js';
import type { HeldRequest, RequestChange } from './types.js';

/** A request as it is stored: the id is the name of the znode. */
export type StatedRequest = Omit<NodeRequest, 'id'>;

export class StoreHeldRequest implements HeldRequest {
  readonly id: string;
  /** For the multi that ends the request. */
  readonly held: HeldRecord<NodeRequest, StatedRequest>;

  constructor(id: string, held: HeldRecord<NodeRequest, StatedRequest>) {
    this.id = id;
    this.held = held;
  }

  get request(): NodeRequest {
    return this.held.record;
  }

  get signal(): AbortSignal {
    return this.held.lock.signal;
  }

  update(change: RequestChange): Promise<NodeRequest> {
    return this.held.update(change);
  }

  updateAndRelease(change: RequestChange): Promise<void> {
    return this.held.updateAndRelease(change);
  }

  release(): Promise<void> {
    return this.held.release();
  }
}
