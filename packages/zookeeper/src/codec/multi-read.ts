import { ZooKeeperError } from '../errors.js';
import type { ManyResult } from '../types.js';
import { writeHeader } from './multi.js';
import { opcodes } from './opcodes.js';
import type { JuteReader } from './reader.js';
import { readStat } from './records.js';
import { serverError, serverErrors } from './server-errors.js';
import type { JuteWriter } from './writer.js';

/** @param paths as the server knows them. Source: ZooKeeper 3.6, `MultiOperationRecord`. */
export function writeMultiRead(writer: JuteWriter, paths: readonly string[]): void {
  for (const path of paths) {
    writeHeader(writer, opcodes.getData, false);
    writer.string(path);
    writer.bool(false);
  }
  writeHeader(writer, -1, true);
}

/** Each question has an answer of its own: one that fails leaves the others alone. */
export function readMultiRead(reader: JuteReader, paths: readonly string[]): readonly ManyResult[] {
  const results: ManyResult[] = [];
  for (;;) {
    const type = reader.int();
    const done = reader.bool();
    reader.int();
    if (done) break;
    results.push(readResult(reader, type, paths[results.length]));
  }
  if (results.length !== paths.length) {
    throw new ZooKeeperError('ZK_PROTOCOL', { detail: `${results.length} results for ${paths.length} reads` });
  }
  return results;
}

function readResult(reader: JuteReader, type: number, path: string | undefined): ManyResult {
  if (type === opcodes.getData) return { data: reader.bytes(), stat: readStat(reader) };
  if (type !== opcodes.error) throw new ZooKeeperError('ZK_PROTOCOL', { detail: `a read result of type ${type}` });
  const code = reader.int();
  return code === serverErrors.noNode ? undefined : serverError(code, path);
}
