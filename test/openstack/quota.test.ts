import { afterEach, describe, expect, it } from 'vitest';
import { callsSince, isForOne, type LoggedCall, markLogs } from './support/access-log.js';
import { configurationOf } from './support/configuration.js';
import { closeRig, openRig, type Rig, untilSettled } from './support/rig.js';
import { full } from './support/scale.js';

const requests = full ? 100 : 24;
const quota = requests / 2;

/** What Nova answers to a create that the quota forbids; a 5xx is a machine that is too busy. */
const quotaRefusals: readonly number[] = [403, 413];

let rig: Rig;

afterEach((test) => closeRig(rig, test));

function creates(calls: readonly LoggedCall[]): readonly LoggedCall[] {
  return calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/servers'));
}

describe('a quota of half the nodes wanted', () => {
  it(`serves ${requests} requests at once with few calls and no refused create`, { timeout: 2_400_000 }, async () => {
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
    expect(creates(calls).length).toBeGreaterThanOrEqual(requests);
    expect(creates(calls).filter(({ status }) => quotaRefusals.includes(status))).toEqual([]);
    expect(calls.filter(isForOne).length / requests).toBeLessThanOrEqual(4);
    console.log(`calls: ${calls.length}, for one node each ${calls.filter(isForOne).length / requests}`);
  });
});
