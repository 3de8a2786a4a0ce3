import { describe, expect, it } from 'vitest';
import type { Lists } from '../state/snapshot.js';
import {
  aBuild,
  aNode,
  anImage,
  anUpload,
  aPool,
  aProvider,
  aSnapshot,
  emptyLists,
  sampleSec,
} from '../testing/samples.js';
import { concernsOf } from './attention.js';

function textsOf(lists: Partial<Lists>): readonly string[] {
  return concernsOf(aSnapshot(lists), sampleSec).map(({ severity, text }) => `${severity}: ${text}`);
}

const { overview } = emptyLists;
const cases: readonly (readonly [string, Partial<Lists>, string])[] = [
  [
    'a missing builder',
    { components: [{ kind: 'launcher', name: 'a', hostname: 'a', state: 'running', version: null }] },
    'bad: No builder is running: no image is built.',
  ],
  [
    'a sick provider',
    { providers: [aProvider({ healthy: false, problem: 'no route' })] },
    'bad: Provider cloud-a: no route',
  ],
  ['a pool without quota', { pools: [aPool({ paused: true })] }, 'warn: cloud-a/main waits for quota.'],
  ['an image without a ready build', { images: [anImage({ builds: [] })] }, 'bad: Image debian has no ready build.'],
  [
    'an old image',
    { images: [anImage({ builds: [aBuild({ state_time: sampleSec - 3 * 86_400 })] })] },
    'warn: Image debian is 3 d old; it is rebuilt every 1 d.',
  ],
  [
    'a failed build',
    { images: [anImage({ builds: [aBuild({ id: 'b2', state: 'failed', current: false }), aBuild()] })] },
    'warn: The newest build of debian failed.',
  ],
  [
    'a failed upload',
    { images: [anImage({ builds: [aBuild({ uploads: [anUpload({ state: 'failed' })] })] })] },
    'warn: Uploads of debian failed in cloud-a.',
  ],
  [
    'a long wait',
    {
      overview: {
        ...overview,
        now: { ...overview.now, oldest_request: '200-1', oldest_request_time: sampleSec - 1_800 },
      },
    },
    'warn: Request 200-1 has waited for 30 min.',
  ],
  ['held nodes', { nodes: [aNode({ state: 'hold' })] }, 'warn: 1 node is held.'],
];

describe('what needs attention', () => {
  it('is nothing where all is well', () => {
    expect(textsOf({})).toEqual([]);
  });

  it.each(cases)('is %s', (_case, lists, text) => {
    expect(textsOf(lists)).toEqual([text]);
  });

  it('begins with what is worst', () => {
    const all = textsOf({ components: [], nodes: [aNode({ state: 'hold' })] });

    expect(all[0]).toBe('bad: No launcher is running.');
    expect(all.at(-1)).toBe('warn: 1 node is held.');
  });
});
