import { describe, expect, it } from 'vitest';
import type { MultiOp } from '../types.js';
import { readMulti } from './multi.js';
import { JuteReader } from './reader.js';
import { JuteWriter } from './writer.js';

const context = { fromServer: (path: string) => path.slice('/root'.length), zxid: 70n, sessionId: 5n, nowMs: 1_000 };
const empty = Buffer.alloc(0);

function answer(write: (writer: JuteWriter) => void): JuteReader {
  const writer = new JuteWriter();
  writer.beginFrame();
  write(writer);
  header(writer, -1, -1, true);
  writer.endFrame();
  return new JuteReader(writer.take().subarray(4));
}

function header(writer: JuteWriter, type: number, error = 0, done = false): void {
  writer.int(type);
  writer.bool(done);
  writer.int(error);
}

function failed(writer: JuteWriter, code: number): void {
  header(writer, -1, code);
  writer.int(code);
}

describe('readMulti', () => {
  it('puts together the stat of a create, which the server does not tell', () => {
    const ops: MultiOp[] = [{ op: 'create', path: '/a-', data: Buffer.from('xyz'), mode: 'ephemeral-sequential' }];
    const reader = answer((writer) => {
      header(writer, 1);
      writer.string('/root/a-0000000003');
    });

    const [result] = readMulti(reader, ops, context);

    expect(result).toMatchObject({
      op: 'create',
      path: '/a-0000000003',
      stat: { czxid: 70n, mzxid: 70n, version: 0, ephemeralOwner: 5n, dataLength: 3, ctimeMs: 1_000 },
    });
  });

  it('names the operation that failed and no other', () => {
    const ops: MultiOp[] = [
      { op: 'create', path: '/a', data: empty },
      { op: 'delete', path: '/b' },
      { op: 'check', path: '/c' },
    ];
    const reader = answer((writer) => {
      failed(writer, 0);
      failed(writer, -103);
      failed(writer, -2);
    });

    expect(() => readMulti(reader, ops, context)).toThrow(
      expect.objectContaining({ code: 'ZK_BAD_VERSION', path: '/b', failedOp: 1 }),
    );
  });

  it('refuses results of other operations than were asked for', () => {
    const ops: MultiOp[] = [{ op: 'set', path: '/a', data: empty }];

    expect(() =>
      readMulti(
        answer((writer) => header(writer, 13)),
        ops,
        context,
      ),
    ).toThrow(expect.objectContaining({ code: 'ZK_PROTOCOL' }));
    expect(() =>
      readMulti(
        answer(() => undefined),
        ops,
        context,
      ),
    ).toThrow(expect.objectContaining({ code: 'ZK_PROTOCOL' }));
  });
});
