import { describe, expect, it } from 'vitest';
import { decodeFooter } from './footer.js';
import { blockBytes, planDynamic, planFixed } from './plan.js';

const options = { sourceBytes: 5 * blockBytes, timestamp: 0, uuid: '00112233-4455-6677-8899-aabbccddeeff' };

describe('the plan of a dynamic disk', () => {
  it('puts the data of each block that is stored at a multiple of 4 KiB, one after the other', () => {
    const plan = planDynamic(options, [true, false, true, true, false]);

    const [first = 0] = plan.offsets;
    expect([...plan.offsets]).toEqual([first, -1, first + blockBytes + 4096, first + 2 * (blockBytes + 4096), -1]);
    expect(first % 4096).toBe(0);
    expect(first).toBeGreaterThanOrEqual(plan.prefix.length + plan.leader.length);
    expect(plan.fileBytes).toBe(first + 3 * blockBytes + 2 * 4096 + 512);
  });

  it('of a disk without data is its structures and the footer', () => {
    const plan = planDynamic(options, [false, false, false, false, false]);

    expect(plan.fileBytes).toBe(plan.prefix.length + 512);
  });

  it('rounds the disk up to whole blocks', () => {
    expect(planDynamic({ ...options, sourceBytes: blockBytes + 1 }, [true, true]).diskBytes).toBe(2 * blockBytes);
  });

  it('refuses a disk that the format cannot hold', () => {
    const sourceBytes = 2040 * 2 ** 30 + 1;

    expect(() => planDynamic({ ...options, sourceBytes }, [])).toThrow('a VHD holds at most');
    expect(() => planFixed({ ...options, sourceBytes })).toThrow('a VHD holds at most');
  });
});

describe('the plan of a fixed disk', () => {
  it('is the data, zeros up to a whole mebibyte, and a footer that names no header', () => {
    const plan = planFixed({ ...options, sourceBytes: 2 ** 20 + 1 });

    expect(plan).toMatchObject({ diskBytes: 2 * 2 ** 20, fileBytes: 2 * 2 ** 20 + 512 });
    expect([plan.prefix.length, plan.leader.length]).toEqual([0, 0]);
    expect(decodeFooter(plan.suffix)).toMatchObject({
      checksumHolds: true,
      footer: { type: 'fixed', headerOffset: null, diskBytes: 2 * 2 ** 20, uuid: options.uuid },
    });
  });
});
