import type { CallContext } from '@nodepool/driver-api';

/**
 * Work that several callers need at the same time and one of them does: signing in, reading a version document. It runs
 * in the context of whoever came first; when that caller aborts, one of those who wait does it again.
 */
export class SharedWork<T> {
  #underway: { readonly result: Promise<T>; readonly owner: AbortSignal } | undefined;

  /** @throws what `work` throws, or the reason of `ctx.signal`. */
  async run(ctx: CallContext, work: (ctx: CallContext) => Promise<T>): Promise<T> {
    for (;;) {
      ctx.signal.throwIfAborted();
      this.#underway ??= this.#start(ctx, work);
      const { result, owner } = this.#underway;
      try {
        return await unlessAborted(result, ctx.signal);
      } catch (error) {
        if (ctx.signal.aborted || !owner.aborted) throw error;
      }
    }
  }

  #start(ctx: CallContext, work: (ctx: CallContext) => Promise<T>): { result: Promise<T>; owner: AbortSignal } {
    const result = work(ctx).finally(() => {
      this.#underway = undefined;
    });
    return { result, owner: ctx.signal };
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
