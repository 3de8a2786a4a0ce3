import { describe, expect, it } from 'vitest';
import { type Reconciler, runReconciler } from './reconciler.js';
import { FakeClock, recordLog, settle } from './testing/index.js';
import { Wakeup } from './wakeup.js';

interface Harness {
  readonly clock: FakeClock;
  readonly wakeup: Wakeup;
  readonly log: ReturnType<typeof recordLog>;
  readonly done: string[];
  stop(): Promise<void>;
}

function run(reconciler: Partial<Reconciler<number, string>>): Harness {
  const clock = new FakeClock();
  const wakeup = new Wakeup(clock);
  const log = recordLog();
  const done: string[] = [];
  const controller = new AbortController();
  const running = runReconciler(
    {
      name: 'test',
      observe: () => 1,
      decide: () => ({ actions: ['act'] }),
      execute: async (action) => void done.push(action),
      ...reconciler,
    },
    { clock, log, wakeup },
    controller.signal,
  );
  return {
    clock,
    wakeup,
    log,
    done,
    stop: async () => {
      controller.abort();
      await running;
    },
  };
}

describe('runReconciler', () => {
  it('makes one pass at the start and one for each burst of marks', async () => {
    const harness = run({});
    await settle();
    harness.wakeup.mark();
    harness.wakeup.mark();
    await settle();

    expect(harness.done).toEqual(['act', 'act']);
    await harness.stop();
  });

  it('looks again when the decision asked for it', async () => {
    const harness = run({ decide: () => ({ actions: ['act'], recheckAfterMs: 5_000 }) });
    await harness.clock.advance(4_999);
    const before = harness.done.length;
    await harness.clock.advance(1);

    expect([before, harness.done.length]).toEqual([1, 2]);
    await harness.stop();
  });

  it('survives a failing look, says so, and tries again after a pause', async () => {
    let looks = 0;
    const harness = run({
      observe: () => {
        looks += 1;
        if (looks === 1) throw new Error('no view');
        return 1;
      },
    });
    await harness.clock.advance(1_000);

    expect(harness.done).toEqual(['act']);
    expect(harness.log.lines).toMatchObject([
      { level: 'warn', message: 'pass failed', fields: { error: { message: 'no view' } } },
    ]);
    await harness.stop();
  });

  it('carries out the other actions when one fails', async () => {
    const harness = run({
      decide: () => ({ actions: ['bad', 'good'] }),
      execute: async (action) => {
        if (action === 'bad') throw new Error('broken');
        harness.done.push(action);
      },
    });
    await settle();

    expect(harness.done).toEqual(['good']);
    await harness.stop();
  });
});
