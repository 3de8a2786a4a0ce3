import { describe, expect, it } from 'vitest';
import { createMemoryEnsemble } from '../memory/index.js';
import { systemRandom } from '../random.js';
import { Election } from './election.js';
import { ManualSleeper, settle } from './testing/manual-sleeper.js';

const path = '/elections/stats';

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function candidates(names: readonly string[]) {
  const ensemble = createMemoryEnsemble();
  const log: string[] = [];
  const runs = names.map((identifier) => {
    const zk = ensemble.connect();
    const stop = new AbortController();
    const election = new Election(zk, path, { identifier, random: systemRandom, sleeper: new ManualSleeper() });
    const done = election.run(async (signal) => {
      log.push(`${identifier} leads`);
      await untilAborted(signal);
      log.push(`${identifier} steps down`);
    }, stop.signal);
    return { zk, stop, election, done };
  });
  return { log, runs };
}

describe('Election', () => {
  it('has one leader, and another when that one stops', async () => {
    const { log, runs } = candidates(['a', 'b']);
    await settle();
    const before = [...log];
    const listed = await runs[0]?.election.candidates();

    runs[0]?.stop.abort();
    await runs[0]?.done;
    await settle();

    expect(before).toEqual(['a leads']);
    expect(listed?.map(({ data }) => data.toString())).toEqual(['a', 'b']);
    expect(log).toEqual(['a leads', 'a steps down', 'b leads']);
    runs[1]?.stop.abort();
    await runs[1]?.done;
  });

  it('runs again with the next session when its own expires', async () => {
    const { log, runs } = candidates(['a', 'b']);
    await settle();

    runs[0]?.zk.expire();
    await settle();
    runs[0]?.zk.renew();
    await settle();
    runs[1]?.stop.abort();
    await runs[1]?.done;
    await settle();

    expect(log).toEqual(['a leads', 'a steps down', 'b leads', 'b steps down', 'a leads']);
    runs[0]?.stop.abort();
    await runs[0]?.done;
  });

  it('ends when the leader has had enough', async () => {
    const zk = createMemoryEnsemble().connect();
    const election = new Election(zk, path, { identifier: 'a', random: systemRandom });

    await election.run(async () => undefined, new AbortController().signal);

    expect(await election.candidates()).toEqual([]);
  });

  it('fails when the leader fails, and frees the office', async () => {
    const zk = createMemoryEnsemble().connect();
    const election = new Election(zk, path, { identifier: 'a', random: systemRandom });

    const run = election.run(() => Promise.reject(new Error('cannot')), new AbortController().signal);

    await expect(run).rejects.toThrow('cannot');
    expect(await election.candidates()).toEqual([]);
  });

  it('ends quietly when it is called off before it could run', async () => {
    const zk = createMemoryEnsemble().connect();
    zk.suspend();
    const stop = new AbortController();
    const run = new Election(zk, path, { identifier: 'a', random: systemRandom }).run(untilAborted, stop.signal);

    stop.abort();

    await expect(run).resolves.toBeUndefined();
  });
});
