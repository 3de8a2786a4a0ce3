import { recordSpans, spanLines } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { Harness } from './testing/harness.js';

describe('the trace of an image', () => {
  it('has its build and each of its uploads', async () => {
    await using harness = await Harness.open();
    const tracer = recordSpans();
    await harness.start({ tracer });
    await harness.until(() => harness.logged('finished upload') > 0);

    expect(spanLines(tracer.roots)).toEqual([
      'image build',
      '  build command',
      '  conversion',
      'image upload',
      '  cloud images.upload',
    ]);
    const [build] = harness.builds();
    const key = `build debian ${build?.id}`;
    expect(tracer.roots.map((root) => root.key)).toEqual([key, key]);
    expect(tracer.roots[1]?.attributes).toMatchObject({ 'nodepool.provider': 'cloud-a', 'nodepool.image': 'debian' });
    const finished = harness.lines.filter(({ message }) => message === 'finished upload');
    expect(finished.map(({ fields }) => fields['traceId'])).toEqual([`trace ${key}`]);
  });

  it('says why a build has failed', async () => {
    await using harness = await Harness.open({ diskimages: [{ dibCmd: 'false' }] });
    const tracer = recordSpans();
    await harness.start({ tracer });
    await harness.until(() => harness.logged('build failed') > 0);

    expect(tracer.roots[0]?.error).toContain('exited with 1');
  });
});
