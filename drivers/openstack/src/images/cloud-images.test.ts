import type { CallContext, CloudImage } from '@nodepool/driver-api';
import { silentLogger } from '@nodepool/runtime';
import { FakeClock } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { CloudSession } from '../session/types.js';
import { CloudImages } from './cloud-images.js';
import { Glance } from './glance.js';

const ctx: CallContext = { signal: new AbortController().signal, log: silentLogger };
const image = { name: 'debian', imageId: undefined, imageName: undefined } as CloudImage;

/** A cloud that has the image from the given moment on. */
function aCloud(fromMs: number) {
  const clock = new FakeClock();
  let asked = 0;
  const list = async () => {
    asked += 1;
    return clock.monotonicMs() >= fromMs ? [{ id: 'i', name: 'debian', status: 'active' }] : [];
  };
  const images = new CloudImages(new Glance({ list } as unknown as CloudSession), clock);
  return { clock, images, asked: () => asked };
}

describe('a cloud image', () => {
  it('that is there is looked for again after five minutes', async () => {
    const { clock, images, asked } = aCloud(0);
    await images.has(image, ctx);

    await clock.advance(299_000);
    await images.has(image, ctx);
    const before = asked();
    await clock.advance(1_000);
    await images.has(image, ctx);

    expect([before, asked()]).toEqual([1, 2]);
  });

  it('that is missing is looked for again after half a minute', async () => {
    const { clock, images } = aCloud(10_000);

    expect(await images.has(image, ctx)).toBe(false);
    await clock.advance(29_000);
    expect(await images.has(image, ctx)).toBe(false);
    await clock.advance(1_000);
    expect(await images.has(image, ctx)).toBe(true);
  });
});
