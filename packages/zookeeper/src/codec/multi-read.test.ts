import { describe, expect, it } from 'vitest';
import { readMultiRead, writeMultiRead } from './multi-read.js';
import { JuteReader } from './reader.js';
import { JuteWriter } from './writer.js';

function answer(...results: readonly ((writer: JuteWriter) => void)[]): JuteReader {
  const writer = new JuteWriter();
  writer.beginFrame();
  for (const write of results) write(writer);
  header(writer, -1, true);
  writer.endFrame();
  return new JuteReader(writer.take().subarray(4));
}

function header(writer: JuteWriter, type: number, done = false): void {
  writer.int(type);
  writer.bool(done);
  writer.int(-1);
}

const found = (writer: JuteWriter): void => {
  header(writer, 4);
  writer.bytes(Buffer.from('data'));
  for (let longs = 0; longs < 4; longs += 1) writer.long(7n);
  for (let ints = 0; ints < 3; ints += 1) writer.int(1);
  writer.long(0n);
  writer.int(4);
  writer.int(0);
  writer.long(9n);
};
const refused =
  (code: number) =>
  (writer: JuteWriter): void => {
    header(writer, -1);
    writer.int(code);
  };

describe('readMultiRead', () => {
  it('tells what was found from what is missing and from what was refused', () => {
    const results = readMultiRead(answer(found, refused(-101), refused(-102)), ['/a', '/b', '/c']);

    expect(results[0]).toMatchObject({ data: Buffer.from('data'), stat: { version: 1, mzxid: 7n } });
    expect(results[1]).toBeUndefined();
    expect(results[2]).toMatchObject({ code: 'ZK_NO_AUTH', path: '/c' });
  });

  it.each([
    ['too few results', answer(found), ['/a', '/b']],
    ['a result of another kind', answer((writer) => header(writer, 5)), ['/a']],
  ])('takes %s for a broken protocol', (_what, reader, paths) => {
    expect(() => readMultiRead(reader, paths)).toThrow(expect.objectContaining({ code: 'ZK_PROTOCOL' }));
  });
});

describe('writeMultiRead', () => {
  it('asks without leaving watches behind', () => {
    const writer = new JuteWriter();

    writeMultiRead(writer, ['/a']);

    expect(writer.take().toString('hex')).toBe(
      ['00000004', '00', 'ffffffff', '00000002', '2f61', '00', 'ffffffff', '01', 'ffffffff'].join(''),
    );
  });
});
