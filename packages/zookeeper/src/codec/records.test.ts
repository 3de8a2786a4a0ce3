import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameAssembler } from './frames.js';
import { JuteReader } from './reader.js';
import { readAcl, readStat, readWatchEvent, writeAcl } from './records.js';
import { JuteWriter } from './writer.js';

const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const item = fc.oneof(
  fc.record({ kind: fc.constant('int' as const), value: int }),
  fc.record({ kind: fc.constant('long' as const), value: long }),
  fc.record({ kind: fc.constant('bool' as const), value: fc.boolean() }),
  fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({ kind: fc.constant('string' as const), value: fc.string({ unit: 'binary' }) }),
  fc.record({ kind: fc.constant('strings' as const), value: fc.array(fc.string({ unit: 'grapheme' })) }),
);
type Item = typeof item extends fc.Arbitrary<infer T> ? T : never;

function write(writer: JuteWriter, items: readonly Item[]): void {
  writer.beginFrame();
  for (const { kind, value } of items) {
    if (kind === 'int') writer.int(value);
    else if (kind === 'long') writer.long(value);
    else if (kind === 'bool') writer.bool(value);
    else if (kind === 'bytes') writer.bytes(value);
    else if (kind === 'string') writer.string(value);
    else writer.strings(value);
  }
  writer.endFrame();
}

function read(reader: JuteReader, kinds: readonly Item['kind'][]): unknown[] {
  return kinds.map((kind) => (kind === 'bytes' ? new Uint8Array(reader.bytes()) : reader[kind]()));
}

function frames(stream: Buffer): Buffer[] {
  const found: Buffer[] = [];
  new FrameAssembler(2 ** 30, (frame) => found.push(Buffer.from(frame))).push(stream);
  return found;
}

describe('JuteWriter and JuteReader', () => {
  it('read what was written, frame by frame', () => {
    fc.assert(
      fc.property(fc.array(fc.array(item), { maxLength: 5 }), fc.boolean(), (records, takenEach) => {
        const writer = new JuteWriter();
        const taken: Buffer[] = [];
        for (const items of records) {
          write(writer, items);
          if (takenEach) taken.push(writer.take());
        }
        taken.push(writer.take());

        const bodies = frames(Buffer.concat(taken));

        expect(bodies.length).toBe(records.length);
        for (const [index, items] of records.entries()) {
          const reader = new JuteReader(bodies[index] ?? Buffer.alloc(0));
          expect(
            read(
              reader,
              items.map(({ kind }) => kind),
            ),
          ).toEqual(items.map(({ value }) => value));
          expect(reader.remaining).toBe(0);
        }
      }),
    );
  });

  it('grows for a record that is larger than any before', () => {
    const writer = new JuteWriter();
    const large = Buffer.alloc(5_000_000, 7);
    write(writer, [{ kind: 'int', value: 1 }]);
    write(writer, [{ kind: 'bytes', value: large }]);

    const [, body] = frames(writer.take());

    expect(new JuteReader(body ?? Buffer.alloc(0)).bytes().equals(large)).toBe(true);
  });

  it('takes back a frame that could not be completed', () => {
    const writer = new JuteWriter();
    write(writer, [{ kind: 'int', value: 1 }]);
    writer.beginFrame();
    writer.string('half');

    writer.dropFrame();

    expect(frames(writer.take()).length).toBe(1);
  });

  it('never reads beyond a frame, whatever it holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const reader = new JuteReader(Buffer.from(bytes));
        try {
          for (;;) {
            reader.strings();
            readAcl(reader);
            readStat(reader);
            readWatchEvent(reader);
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'ZK_PROTOCOL' });
        }
      }),
    );
  });

  it('reads a null as empty', () => {
    const bytes = Buffer.alloc(8, 0xff);
    const reader = new JuteReader(bytes);

    expect([reader.string(), reader.bytes().length]).toEqual(['', 0]);
  });
});

describe('records', () => {
  it('keeps an access control list', () => {
    const acl = [
      { permissions: 31, scheme: 'world', id: 'anyone' },
      { permissions: 1, scheme: 'digest', id: 'a:b' },
    ];
    const writer = new JuteWriter();
    writer.beginFrame();
    writeAcl(writer, acl);
    writer.endFrame();

    const [body] = frames(writer.take());

    expect(readAcl(new JuteReader(body ?? Buffer.alloc(0)))).toEqual(acl);
  });

  it('reads times beyond 32 bits', () => {
    const writer = new JuteWriter();
    writer.beginFrame();
    writer.long(1_795_372_373_086n);
    writer.endFrame();
    const [body] = frames(writer.take());

    expect(new JuteReader(body ?? Buffer.alloc(0)).shortLong()).toBe(1_795_372_373_086);
  });
});
