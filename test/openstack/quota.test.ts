import { afterEach, describe, expect, it } from 'vitest';
import { callsSince, isForOne, type LoggedCall, markLogs } from './support/access-log.js';
import { configurationOf } from './support/configuration.js';
import { closeRig, openRig, type Rig, untilSettled } from './support/rig.js';
import { full } from './support/scale.js';

const requests = full ? 100 : 24;
const quota = requests / 2;

let rig: Rig;

afterEach((test) => closeRig(rig, test));

function creates(calls: readonly LoggedCall[]): readonly LoggedCall[] {
  return calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/servers'));
}

async function failedAttempts(): Promise<number> {
  return (await rig.cluster.log('nodepool-launcher')).match(/launch attempt failed/g)?.length ?? 0;
}

describe('a quota of half the nodes wanted', () => {
  it(`serves ${requests} requests at once with few calls and no refused create`, async () => {
    rig = await openRig((place) => configurationOf(place, { maxServers: 2 * requests }));
    await rig.putImage('ready-made');
    await rig.setQuota({ instances: quota });
    rig.start('nodepool-launcher');
    const mark = await markLogs(rig.cloudDir);
    const signal = AbortSignal.timeout(full ? 1_500_000 : 600_000);

    const served = await Promise.all(Array.from({ length: requests }, () => rig.serve('small', { signal })));
    await untilSettled(rig, 240_000);
    const calls = await callsSince(rig.cloudDir, mark);

    expect(served.flatMap(({ problems }) => problems)).toEqual([]);
    expect(served.filter(({ state }) => state !== 'fulfilled')).toEqual([]);
    expect(creates(calls).filter(({ status }) => status >= 400)).toEqual([]);
    // Another create has another cause, which is told: a machine that is very busy may not answer the first in time.
    expect(creates(calls)).toHaveLength(requests + (await failedAttempts()));
    expect(calls.filter(isForOne).length / requests).toBeLessThanOrEqual(4);
    console.log(`calls: ${calls.length}, for one node each ${calls.filter(isForOne).length / requests}`);
  });
});
