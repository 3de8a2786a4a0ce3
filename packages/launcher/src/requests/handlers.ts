import type { NodeRequest } from '@nodepool/model';
import type { CachedRequest, HeldRequest } from '@nodepool/store';
import type { Tasks } from '../tasks.js';
import type { Decliner } from './decliner.js';
import { type HandlerEnd, type HandlerHooks, RequestHandler } from './handler.js';
import { giveUpIdleNode } from './make-room.js';
import type { Plan } from './plan.js';
import type { PoolContext } from './pool-context.js';
import { WaitingRoom } from './waiting-room.js';

export interface HandlersDeps {
  readonly context: PoolContext;
  readonly tasks: Tasks;
  readonly decliner: Decliner;
  /** Something has changed that the next pass should see. */
  readonly onChange: () => void;
  /** A handler has ended; its request may still be open. */
  readonly onEnd: (request: NodeRequest, how: HandlerEnd) => void;
}

/** The requests that a pool has in hand, those that wait for room among them. */
export class Handlers {
  readonly waitingRoom = new WaitingRoom<RequestHandler>();
  readonly #deps: HandlersDeps;
  readonly #handlers = new Map<string, RequestHandler>();
  readonly #hooks: HandlerHooks;
  #starting = 0;

  constructor(deps: HandlersDeps) {
    this.#deps = deps;
    const { context, tasks, onChange } = deps;
    this.#hooks = {
      onPause: (paused) => {
        if (this.waitingRoom.has(paused)) return;
        // The next pass says when it is tried again, and tells the registry.
        this.waitingRoom.add(paused);
        onChange();
      },
      onRefill: (paused) => {
        this.waitingRoom.add(paused);
        this.waitingRoom.roomMayHaveAppeared();
        onChange();
      },
      makeRoom: (nodeId) => tasks.start('making room', () => giveUpIdleNode(nodeId, context)),
      onEnd: (handler, how) => this.#onEnd(handler, how),
    };
  }

  get size(): number {
    return this.#handlers.size;
  }

  /** Requests whose lock is being taken. */
  get starting(): number {
    return this.#starting;
  }

  has(id: string): boolean {
    return this.#handlers.has(id);
  }

  get(id: string): RequestHandler | undefined {
    return this.#handlers.get(id);
  }

  /**
   * Plans for an open request and takes it.
   *
   * @param onTaken called when it is taken, or was missed.
   * @returns anything but `taken` when it was not taken after all.
   */
  take(request: CachedRequest, onTaken: () => void): 'taken' | 'declined' | 'no-nodes' | 'tenant' {
    const handler = new RequestHandler(request.record, this.#deps.context, this.#hooks);
    const plan = handler.plan();
    const { id } = request.record;
    if (plan.end.kind === 'decline' || plan.end.kind === 'release') {
      handler.undo(plan);
      if (plan.end.kind === 'release') return plan.end.because;
      this.#deps.decliner.decline(id, plan.end.reasons);
      return 'declined';
    }
    this.#start(handler, plan, () => this.#deps.context.store.requests.accept(request), onTaken);
    return 'taken';
  }

  /** Carries on with a request whose lock is ours and that another launcher has left `pending`. */
  adopt(held: HeldRequest): void {
    const handler = new RequestHandler(held.request, this.#deps.context, this.#hooks);
    this.#start(
      handler,
      handler.plan(),
      () => Promise.resolve(held),
      () => undefined,
    );
  }

  /** Hands everything back. */
  reset(how: 'reset' | 'hand-over'): void {
    for (const handler of this.#handlers.values()) handler.reset(how);
  }

  #start(handler: RequestHandler, plan: Plan, lock: () => Promise<HeldRequest | undefined>, onTaken: () => void): void {
    this.#handlers.set(handler.id, handler);
    if (handler.paused) this.waitingRoom.add(handler);
    this.#starting += 1;
    this.#deps.tasks.start('taking a request', async () => {
      await handler.begin(plan, lock);
      this.#starting -= 1;
      onTaken();
      this.#deps.onChange();
    });
  }

  #onEnd(handler: RequestHandler, how: HandlerEnd): void {
    if (this.#handlers.get(handler.id) === handler) this.#handlers.delete(handler.id);
    this.waitingRoom.delete(handler);
    this.#deps.onEnd(handler.request, how);
    this.#deps.onChange();
  }
}
