import { describe, expect, it } from 'vitest';
import { Liveness } from './liveness.js';

/** Looks at every interval from `fromMs` to `toMs` and tells what came of it. */
function watch(liveness: Liveness, fromMs: number, toMs: number, onPing: (nowMs: number) => void): number | undefined {
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += liveness.intervalMs) {
    const verdict = liveness.look(nowMs);
    if (verdict === 'dead') return nowMs;
    if (verdict === 'ping') onPing(nowMs);
  }
  return undefined;
}

describe('Liveness', () => {
  it('pings an idle connection after a third of the timeout and keeps it while the server answers', () => {
    const liveness = new Liveness(12_000, 0);
    const pings: number[] = [];

    const deadMs = watch(liveness, 1_000, 60_000, (nowMs) => {
      pings.push(nowMs);
      liveness.sent(nowMs);
      liveness.heard(nowMs + 5);
    });

    expect(deadMs).toBeUndefined();
    expect(pings.slice(0, 3)).toEqual([4_000, 8_000, 12_000]);
  });

  it('does not ping while requests go out', () => {
    const liveness = new Liveness(12_000, 0);
    const pings: number[] = [];
    for (let nowMs = 1_000; nowMs < 30_000; nowMs += 1_000) {
      liveness.sent(nowMs);
      liveness.heard(nowMs);
      if (liveness.look(nowMs) !== 'fine') pings.push(nowMs);
    }

    expect(pings).toEqual([]);
  });

  it('gives a silent server up after two thirds of the timeout', () => {
    const liveness = new Liveness(12_000, 0);

    const deadMs = watch(liveness, 1_000, 60_000, (nowMs) => liveness.sent(nowMs));

    expect(deadMs).toBe(9_000);
  });

  it('asks before it judges when it was the event loop that stood still', () => {
    const liveness = new Liveness(12_000, 0);
    liveness.look(1_000);

    const first = liveness.look(11_500);
    const second = liveness.look(12_500);
    const last = watch(liveness, 13_500, 30_000, () => undefined);

    expect([first, second]).toEqual(['ping', 'ping']);
    expect(last).toBe(16_500);
  });
});
