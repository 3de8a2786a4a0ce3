import { ZooKeeperError } from '../errors.js';
import { type CreateMode, type MultiOp, type MultiResult, openAcl, type Stat } from '../types.js';
import { opcodes } from './opcodes.js';
import type { JuteReader } from './reader.js';
import { readStat, writeAcl } from './records.js';
import { serverError, serverErrors } from './server-errors.js';
import type { JuteWriter } from './writer.js';

/** Flags of a create. Source: ZooKeeper 3.8, `CreateMode`. */
export const createFlags: Readonly<Record<CreateMode, number>> = {
  persistent: 0,
  ephemeral: 1,
  'persistent-sequential': 2,
  'ephemeral-sequential': 3,
  container: 4,
};

/** @param toServer puts the chroot before a path. */
export function writeMulti(writer: JuteWriter, ops: readonly MultiOp[], toServer: (path: string) => string): void {
  for (const op of ops) {
    writeHeader(writer, opcodeOf(op), false);
    writer.string(toServer(op.path));
    if (op.op === 'create') {
      writer.bytes(op.data);
      writeAcl(writer, openAcl);
      writer.int(createFlags[op.mode ?? 'persistent']);
      continue;
    }
    if (op.op === 'set') writer.bytes(op.data);
    writer.int(op.version ?? -1);
  }
  writeHeader(writer, -1, true);
}

/** Before each operation of a multi, and after the last. */
export function writeHeader(writer: JuteWriter, type: number, done: boolean): void {
  writer.int(type);
  writer.bool(done);
  writer.int(-1);
}

function opcodeOf(op: MultiOp): number {
  switch (op.op) {
    case 'create':
      return op.mode === 'container' ? opcodes.createContainer : opcodes.create2;
    case 'delete':
      return opcodes.delete;
    case 'set':
      return opcodes.setData;
    case 'check':
      return opcodes.check;
  }
}

/** What the answer to a multi does not say by itself. */
export interface MultiContext {
  /** Takes the chroot off a path. */
  readonly fromServer: (path: string) => string;
  /** Transaction of the multi. */
  readonly zxid: bigint;
  readonly sessionId: bigint;
  /** Wall clock, for a create that no other operation of the multi tells the server's time of. */
  readonly nowMs: number;
}

/** @throws ZooKeeperError of the operation at which the multi failed. */
export function readMulti(reader: JuteReader, ops: readonly MultiOp[], context: MultiContext): readonly MultiResult[] {
  const answers: Answer[] = [];
  const errors: number[] = [];
  for (;;) {
    const type = reader.int();
    const done = reader.bool();
    const error = reader.int();
    if (done) break;
    if (type === opcodes.error) {
      reader.int();
      errors.push(error);
    } else answers.push(readAnswer(reader, type));
  }
  if (errors.length > 0) throw failure(errors, ops);
  if (answers.length !== ops.length) {
    throw new ZooKeeperError('ZK_PROTOCOL', { detail: `${answers.length} results for ${ops.length} operations` });
  }
  const timeMs = answers.find((answer) => answer.stat !== undefined)?.stat?.mtimeMs ?? context.nowMs;
  return ops.map((op, index) => toResult(op, answers[index], { ...context, nowMs: timeMs }));
}

interface Answer {
  readonly path?: string;
  readonly stat?: Stat;
}

function readAnswer(reader: JuteReader, type: number): Answer {
  switch (type) {
    case opcodes.create:
      return { path: reader.string() };
    case opcodes.create2:
    case opcodes.createContainer:
      return { path: reader.string(), stat: readStat(reader) };
    case opcodes.setData:
      return { stat: readStat(reader) };
    case opcodes.delete:
    case opcodes.check:
      return {};
    default:
      throw new ZooKeeperError('ZK_PROTOCOL', { detail: `a multi result of type ${type}` });
  }
}

function toResult(op: MultiOp, answer: Answer | undefined, context: MultiContext): MultiResult {
  if (op.op === 'create' && answer?.path !== undefined) {
    return { op: 'create', path: context.fromServer(answer.path), stat: answer.stat ?? createdStat(op, context) };
  }
  if (op.op === 'set' && answer?.stat !== undefined) return { op: 'set', stat: answer.stat };
  if (op.op === 'delete' || op.op === 'check') return { op: op.op };
  throw new ZooKeeperError('ZK_PROTOCOL', { path: op.path, detail: `a multi result that is none of ${op.op}` });
}

/** A 3.8 server answers a create within a multi without a stat. It follows from the request and its transaction. */
function createdStat(op: MultiOp & { readonly op: 'create' }, { zxid, sessionId, nowMs }: MultiContext): Stat {
  return {
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctimeMs: nowMs,
    mtimeMs: nowMs,
    version: 0,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: op.mode?.startsWith('ephemeral') === true ? sessionId : 0n,
    dataLength: op.data.byteLength,
    numChildren: 0,
  };
}

/** Before the operation that failed the server puts zeros, after it "runtime inconsistency". */
function failure(errors: readonly number[], ops: readonly MultiOp[]): ZooKeeperError {
  const meant = errors.findIndex((code) => code !== serverErrors.ok && code !== serverErrors.runtimeInconsistency);
  const place = meant >= 0 ? meant : errors.findIndex((code) => code !== serverErrors.ok);
  return serverError(errors[place] ?? serverErrors.runtimeInconsistency, ops[place]?.path, Math.max(place, 0));
}
