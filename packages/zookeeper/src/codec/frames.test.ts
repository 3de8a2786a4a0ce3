import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameAssembler } from './frames.js';

function frame(body: Uint8Array): Buffer {
  const header = Buffer.alloc(4);
  header.writeInt32BE(body.length);
  return Buffer.concat([header, body]);
}

function assemble(chunks: readonly Buffer[], maxFrameBytes = 1_000): string[] {
  const frames: string[] = [];
  const assembler = new FrameAssembler(maxFrameBytes, (body) => frames.push(body.toString('hex')));
  for (const chunk of chunks) assembler.push(chunk);
  return frames;
}

describe('FrameAssembler', () => {
  it('finds the same frames wherever the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (bodies, sizes) => {
          const stream = Buffer.concat(bodies.map(frame));
          const chunks: Buffer[] = [];
          for (let at = 0, turn = 0; at < stream.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            chunks.push(stream.subarray(at, at + size));
            at += size;
          }

          expect(assemble(chunks)).toEqual(bodies.map((body) => Buffer.from(body).toString('hex')));
        },
      ),
    );
  });

  it('finds the same frames when each byte comes alone', () => {
    const bodies = [Buffer.from('first'), Buffer.alloc(0), Buffer.from('a longer third one')];
    const stream = Buffer.concat(bodies.map(frame));

    const frames = assemble([...stream].map((byte) => Buffer.of(byte)));

    expect(frames).toEqual(bodies.map((body) => body.toString('hex')));
  });

  it.each([-1, 1_001, 0x48545450])('refuses a frame of %i bytes', (length) => {
    const header = Buffer.alloc(4);
    header.writeInt32BE(length);

    expect(() => assemble([header])).toThrow(expect.objectContaining({ code: 'ZK_PROTOCOL' }));
  });

  it('delivers nothing more once stopped', () => {
    const frames: number[] = [];
    const assembler: FrameAssembler = new FrameAssembler(100, (body) => {
      frames.push(body.length);
      assembler.stop();
    });

    assembler.push(Buffer.concat([frame(Buffer.alloc(1)), frame(Buffer.alloc(2))]));

    expect(frames).toEqual([1]);
  });
});
