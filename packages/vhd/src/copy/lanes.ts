import { stop } from '../threads/control.js';

/** One lane reads while the other writes; more only compete. */
export const laneCount = 2;

/**
 * Runs `work` once in each lane and waits for all of them. When one fails the others are stopped.
 *
 * @throws what the first one threw that failed.
 */
export async function inLanes(
  control: Int32Array<SharedArrayBuffer>,
  work: (lane: number) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const run = async (lane: number): Promise<void> => {
    try {
      await work(lane);
    } catch (error) {
      failures.push(error);
      stop(control);
    }
  };
  await Promise.all(Array.from({ length: laneCount }, (_, lane) => run(lane)));
  if (failures.length > 0) throw failures[0];
}
