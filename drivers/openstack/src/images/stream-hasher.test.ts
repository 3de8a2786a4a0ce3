import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StreamHasher } from './stream-hasher.js';

const sha512 = (bytes: Uint8Array): string => createHash('sha512').update(bytes).digest('hex');

it('computes the digests of any pieces, and starts anew with each', async () => {
  await using hasher = new StreamHasher(['md5', 'sha512']);
  const lengths = fc.array(fc.integer({ min: 0, max: 2_500_000 }), { maxLength: 4 });

  await fc.assert(
    fc.asyncProperty(lengths, async (sizes) => {
      const pieces = sizes.map((size) => randomBytes(size));
      for (const piece of pieces) await hasher.update(piece);
      const digests = await hasher.digest();
      expect(digests['sha512']).toBe(sha512(Buffer.concat(pieces)));
      expect(Object.keys(digests)).toEqual(['md5', 'sha512']);
    }),
    { numRuns: 5 },
  );
});

it('lets the caller use a piece again as soon as it is taken', async () => {
  await using hasher = new StreamHasher(['sha512']);
  const piece = Buffer.alloc(1_000_000, 1);

  for (let value = 1; value <= 8; value += 1) await hasher.update(piece.fill(value));

  const expected = Buffer.concat(Array.from({ length: 8 }, (_, index) => Buffer.alloc(1_000_000, index + 1)));
  expect((await hasher.digest())['sha512']).toBe(sha512(expected));
});

it('takes nothing more when its thread has ended', async () => {
  const hasher = new StreamHasher(['sha512']);

  await hasher[Symbol.asyncDispose]();

  await expect(hasher.digest()).rejects.toThrow('the hashing thread has ended');
});

it('fails when there is no such algorithm', async () => {
  await using hasher = new StreamHasher(['crc-of-the-day']);

  await expect(hasher.digest()).rejects.toThrow();
});
