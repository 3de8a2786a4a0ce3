import { seededRandom } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { History } from './history.js';

/** A failing run names its seed; `MODEL_SEED=…` plays it again, step for step, and `MODEL_STEPS=100000` looks further. */
const { MODEL_SEED, PROPERTY_SEED } = process.env;
const firstSeed = Number(MODEL_SEED ?? PROPERTY_SEED ?? Math.floor(Math.random() * 2 ** 31));
const wantedSteps = Number(process.env['MODEL_STEPS'] ?? 6_000);
const stepsOfHistory = 500;

async function play(seed: number, steps: number): Promise<number> {
  const random = seededRandom(seed);
  await using history = await History.begin(random, seed);
  for (let step = 0; step < steps; step += 1) {
    await history.step();
    expect(history.violations, explain(seed, history)).toEqual([]);
  }
  expect(await history.end(), explain(seed, history)).toEqual([]);
  return history.changes;
}

function explain(seed: number, { trace }: History): string {
  return `MODEL_SEED=${seed}, after ${trace.length} steps, the last: ${trace.slice(-20).join(', ')}`;
}

describe('one to three launchers, whatever happens in whatever order', () => {
  it('keep every node with one owner, end every request, and leave nothing behind', {
    timeout: 300_000,
  }, async ({ onTestFailed }) => {
    let changes = 0;
    let seed = firstSeed;
    // Also when a history hangs.
    onTestFailed(() => void process.stderr.write(`MODEL_SEED=${seed}\n`));
    for (let step = 0; step < wantedSteps; step += stepsOfHistory, seed += 1) {
      changes += await play(seed, Math.min(stepsOfHistory, wantedSteps - step));
    }
    expect(changes).toBeGreaterThan(wantedSteps / 2);
  });
});
