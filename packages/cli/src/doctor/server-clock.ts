import { deadline } from '@nodepool/runtime';
import { roots } from '@nodepool/store';
import type { CommandContext } from '../command.js';
import { type Check, clockCheck } from './check.js';

const patienceMs = 5_000;

/**
 * Reads the clock of ZooKeeper off a znode that is made and removed again: the server stamps it. Nothing is made in a
 * tree that no Nodepool uses yet, and nothing is said where no server answers, which another check says.
 */
export async function serverClockChecks(context: CommandContext): Promise<readonly Check[]> {
  const { clock, random } = context;
  using limit = deadline(clock, patienceMs, context.signal);
  const { signal } = limit;
  const gone = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const zk = await Promise.race([context.zookeeper(), gone]);
  if (zk === undefined || (await zk.exists(roots.nodes, { signal })) === undefined) return [];
  const beforeMs = clock.now();
  const { path, stat } = await zk.create(`/nodepool/doctor-${random.hexId()}`, Buffer.alloc(0), {
    mode: 'ephemeral',
    signal,
  });
  const afterMs = clock.now();
  await zk.delete(path, -1, { signal });
  const roundTripMs = afterMs - beforeMs;
  return [clockCheck('ZooKeeper', stat.ctimeMs - beforeMs - roundTripMs / 2, roundTripMs / 2)];
}
