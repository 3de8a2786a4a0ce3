import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventFrame, HistoryPoint } from '../api/types.js';
import { aBuild, aNode, anImage, anUpload, aProvider, aRequest, aSnapshot, sampleSec } from '../testing/samples.js';
import { applyFrame } from './apply-frame.js';
import { maxHappenings } from './happenings.js';

const ids: fc.Arbitrary<string> = fc.constantFrom('1', '2', '3', '4');
const nodes = fc.uniqueArray(fc.record({ id: ids, state: fc.constantFrom('building', 'ready', 'in-use') }), {
  selector: ({ id }) => id,
});

function aPoint(time: number): HistoryPoint {
  return { time, nodes: {}, requests: {}, oldest_wait: null, launched: 0, failed: 0, used: {} };
}

describe('a frame', () => {
  it('does no harm when it is applied twice', () => {
    fc.assert(
      fc.property(nodes, nodes, fc.array(ids), (before, changed, gone) => {
        const snapshot = aSnapshot({ nodes: before.map((node) => aNode(node)) });
        const left = gone.filter((id) => !changed.some((node) => node.id === id));
        const frame: EventFrame = { nodes: changed.map((node) => aNode(node)), gone: { nodes: left } };
        const once = applyFrame(snapshot, frame);
        const twice = applyFrame(once, frame);
        expect(twice).toEqual(once);
        expect([...once.nodes.keys()].filter((id) => left.includes(id))).toEqual([]);
        for (const { id, state } of changed) expect(once.nodes.get(id)?.state).toBe(state);
      }),
    );
  });

  it('leaves what it does not speak of as it is, the same object', () => {
    const before = aSnapshot();

    const after = applyFrame(before, { nodes: [aNode({ id: '2' })] });

    expect(after.requests).toBe(before.requests);
    expect(after.pools).toBe(before.pools);
    expect(after.nodes.size).toBe(2);
  });

  it('adds its point to the charts, an hour of them at most', () => {
    let snapshot = aSnapshot();
    for (let number = 0; number < 400; number += 1) snapshot = applyFrame(snapshot, { point: aPoint(number * 10) });
    snapshot = applyFrame(snapshot, { point: aPoint(3_990) });

    expect(snapshot.points).toHaveLength(360);
    expect(snapshot.points.at(-1)?.time).toBe(3_990);
  });

  it('is told in words, the newest first', () => {
    const before = aSnapshot({ providers: [aProvider()] });

    const frame: EventFrame = {
      nodes: [aNode({ state: 'in-use' }), aNode({ id: '2', state: 'building' })],
      requests: [aRequest({ state: 'fulfilled' })],
      images: [anImage({ paused: true, builds: [aBuild(), aBuild({ id: 'b2', state: 'failed', uploads: [] })] })],
      providers: [aProvider({ problem: 'no route to host', healthy: false })],
    };
    const after = applyFrame(before, frame);

    expect(after.happenings.map(({ number, kind, subject, text }) => `${number} ${kind} ${subject}: ${text}`)).toEqual([
      '6 provider cloud-a: no route to host',
      '5 image debian: build b2 failed',
      '4 image debian: paused',
      '3 request 200-0000000001: requested, now fulfilled',
      '2 node 2: new: small in cloud-a/main',
      '1 node 0000000001: ready, now in-use in cloud-a/main',
    ]);
    expect(after.happenings[0]?.time).toBe(sampleSec);
  });

  it('tells of uploads with the reason why they failed', () => {
    const uploads = [anUpload({ state: 'failed', reason: 'quota', current: false })];

    const after = applyFrame(aSnapshot(), { images: [anImage({ builds: [aBuild({ uploads })] })] });

    expect(after.happenings.map(({ text }) => text)).toEqual(['build b1 in cloud-a failed: quota']);
  });

  it('tells that something is gone only of what was there', () => {
    const after = applyFrame(aSnapshot(), { gone: { nodes: ['0000000001', '9'], requests: ['8'] } });

    expect(after.happenings.map(({ subject, text }) => `${subject} ${text}`)).toEqual(['0000000001 gone']);
  });

  it('pushes out the oldest of what was told', () => {
    let snapshot = aSnapshot({ nodes: [] });
    for (let number = 0; number < maxHappenings + 20; number += 1) {
      snapshot = applyFrame(snapshot, { nodes: [aNode({ id: String(number) })] });
    }

    expect(snapshot.happenings).toHaveLength(maxHappenings);
    expect(snapshot.happenings[0]?.number).toBe(maxHappenings + 20);
  });
});
