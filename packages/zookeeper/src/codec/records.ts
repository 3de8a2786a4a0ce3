import { ZooKeeperError } from '../errors.js';
import type { Acl, Stat, WatchEventType } from '../types.js';
import type { JuteReader } from './reader.js';
import type { JuteWriter } from './writer.js';

export function readStat(reader: JuteReader): Stat {
  return {
    czxid: reader.long(),
    mzxid: reader.long(),
    ctimeMs: reader.shortLong(),
    mtimeMs: reader.shortLong(),
    version: reader.int(),
    cversion: reader.int(),
    aversion: reader.int(),
    ephemeralOwner: reader.long(),
    dataLength: reader.int(),
    numChildren: reader.int(),
    pzxid: reader.long(),
  };
}

export function writeAcl(writer: JuteWriter, acl: readonly Acl[]): void {
  writer.int(acl.length);
  for (const { permissions, scheme, id } of acl) {
    writer.int(permissions);
    writer.string(scheme);
    writer.string(id);
  }
}

export function readAcl(reader: JuteReader): Acl[] {
  return reader.vector(() => ({ permissions: reader.int(), scheme: reader.string(), id: reader.string() }));
}

/** What a client says first. */
export interface ConnectRequest {
  readonly lastZxid: bigint;
  readonly timeoutMs: number;
  readonly sessionId: bigint;
  readonly password: Uint8Array;
}

export function writeConnectRequest(writer: JuteWriter, request: ConnectRequest): void {
  writer.int(0);
  writer.long(request.lastZxid);
  writer.int(request.timeoutMs);
  writer.long(request.sessionId);
  writer.bytes(request.password);
  // A server without a quorum must refuse us: what it knows may be old.
  writer.bool(false);
}

/** The server's answer to it; a timeout of 0 says that the session has expired. */
export interface ConnectResponse {
  readonly timeoutMs: number;
  readonly sessionId: bigint;
  readonly password: Buffer;
}

export function readConnectResponse(reader: JuteReader): ConnectResponse {
  reader.int();
  return { timeoutMs: reader.int(), sessionId: reader.long(), password: reader.bytes() };
}

export interface ReplyHeader {
  readonly xid: number;
  readonly zxid: bigint;
  readonly error: number;
}

export function readReplyHeader(reader: JuteReader): ReplyHeader {
  return { xid: reader.int(), zxid: reader.long(), error: reader.int() };
}

const eventTypes: Readonly<Record<number, WatchEventType>> = {
  1: 'created',
  2: 'deleted',
  3: 'data-changed',
  4: 'children-changed',
};

/** A watch event as sent, its path as the server knows it; undefined for one that tells of no znode. */
export function readWatchEvent(
  reader: JuteReader,
): { readonly type: WatchEventType; readonly path: string } | undefined {
  const number = reader.int();
  reader.int();
  const path = reader.string();
  // -1 tells of the session, 5 to 7 of watches that were removed.
  if (number === -1 || (number >= 5 && number <= 7)) return undefined;
  const type = eventTypes[number];
  if (type === undefined) throw new ZooKeeperError('ZK_PROTOCOL', { detail: `a watch event of type ${number}` });
  return { type, path };
}
