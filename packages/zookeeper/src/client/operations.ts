import { createFlags, readMulti, writeMulti } from '../codec/multi.js';
import { readMultiRead, writeMultiRead } from '../codec/multi-read.js';
import { opcodes, reservedXids } from '../codec/opcodes.js';
import { readAcl, readStat, writeAcl } from '../codec/records.js';
import { serverErrors } from '../codec/server-errors.js';
import type { JuteWriter } from '../codec/writer.js';
import { checkPath } from '../paths.js';
import {
  type Acl,
  type CreateMode,
  type ManyResult,
  type MultiOp,
  type MultiResult,
  openAcl,
  type ReadResult,
  type Stat,
} from '../types.js';
import type { PathMap } from './chroot.js';
import type { CallSpec } from './request.js';

/** Who we are to the server: scheme `digest` with `user:password`. */
export interface Credentials {
  readonly scheme: string;
  readonly auth: string | Uint8Array;
}

export interface Created {
  readonly path: string;
  readonly stat: Stat;
}

export interface ChildList {
  readonly children: readonly string[];
  readonly stat: Stat;
}

export interface AclResult {
  readonly acl: readonly Acl[];
  readonly stat: Stat;
}

/** Flags of a create with a time to live. Source: ZooKeeper 3.8, `CreateMode`. */
const ttlFlags = { plain: 5, sequential: 6 } as const;
/** Any kind of watch. Source: ZooKeeper 3.8, `WatcherType`. */
const anyWatcher = 3;

const nothing = (): void => undefined;

/** How each operation is written and its answer read, for the paths beneath one chroot. */
export class Operations {
  readonly #paths: PathMap;

  constructor(paths: PathMap) {
    this.#paths = paths;
  }

  create(path: string, data: Uint8Array, mode: CreateMode, acl: readonly Acl[] = openAcl): CallSpec<Created> {
    checkPath(path, mode.endsWith('sequential'));
    const opcode = mode === 'container' ? opcodes.createContainer : opcodes.create2;
    return this.#create(opcode, path, data, acl, (writer) => writer.int(createFlags[mode]));
  }

  createWithTtl(
    path: string,
    data: Uint8Array,
    ttlMs: number,
    sequential: boolean,
    acl: readonly Acl[] = openAcl,
  ): CallSpec<Created> {
    checkPath(path, sequential);
    return this.#create(opcodes.createTtl, path, data, acl, (writer) => {
      writer.int(sequential ? ttlFlags.sequential : ttlFlags.plain);
      writer.long(BigInt(Math.round(ttlMs)));
    });
  }

  delete(path: string, version: number): CallSpec<void> {
    return this.#onPath(opcodes.delete, path, (writer) => writer.int(version), nothing);
  }

  exists(path: string, watch: boolean): CallSpec<Stat | undefined> {
    const spec = this.#onPath(
      opcodes.exists,
      path,
      (writer) => writer.bool(watch),
      (reader, { error }) => (error === serverErrors.ok ? readStat(reader) : undefined),
    );
    return { ...spec, accepts: serverErrors.noNode };
  }

  get(path: string, watch: boolean): CallSpec<ReadResult> {
    return this.#onPath(
      opcodes.getData,
      path,
      (writer) => writer.bool(watch),
      (reader) => {
        const data = reader.bytes();
        return { data, stat: readStat(reader) };
      },
    );
  }

  set(path: string, data: Uint8Array, version: number): CallSpec<Stat> {
    const write = (writer: JuteWriter): void => {
      writer.bytes(data);
      writer.int(version);
    };
    return { ...this.#onPath(opcodes.setData, path, write, readStat), bytes: data.byteLength };
  }

  children(path: string, watch: boolean): CallSpec<ChildList> {
    return this.#onPath(
      opcodes.getChildren2,
      path,
      (writer) => writer.bool(watch),
      (reader) => {
        const children = reader.strings();
        return { children, stat: readStat(reader) };
      },
    );
  }

  sync(path: string): CallSpec<void> {
    return this.#onPath(opcodes.sync, path, nothing, nothing);
  }

  /** @param context asked when the answer is there. */
  multi(
    ops: readonly MultiOp[],
    context: () => { readonly sessionId: bigint; readonly nowMs: number },
  ): CallSpec<readonly MultiResult[]> {
    for (const op of ops) checkPath(op.path, op.op === 'create' && op.mode?.endsWith('sequential') === true);
    return {
      opcode: opcodes.multi,
      path: undefined,
      bytes: ops.reduce((sum, op) => sum + op.path.length + ('data' in op ? op.data.byteLength : 0), 0),
      encode: (writer) => writeMulti(writer, ops, this.#paths.toServer),
      decode: (reader, { zxid }) => readMulti(reader, ops, { ...context(), zxid, fromServer: this.#paths.fromServer }),
    };
  }

  getMany(paths: readonly string[]): CallSpec<readonly ManyResult[]> {
    for (const path of paths) checkPath(path);
    return {
      opcode: opcodes.multiRead,
      path: undefined,
      bytes: paths.reduce((sum, path) => sum + path.length + 18, 0),
      encode: (writer) =>
        writeMultiRead(
          writer,
          paths.map((path) => this.#paths.toServer(path)),
        ),
      decode: (reader) => readMultiRead(reader, paths),
    };
  }

  addWatch(path: string, recursive: boolean): CallSpec<void> {
    return this.#onPath(opcodes.addWatch, path, (writer) => writer.int(recursive ? 1 : 0), nothing);
  }

  removeWatches(path: string): CallSpec<void> {
    const spec = this.#onPath(opcodes.removeWatches, path, (writer) => writer.int(anyWatcher), nothing);
    return { ...spec, accepts: serverErrors.noWatcher };
  }

  getAcl(path: string): CallSpec<AclResult> {
    return this.#onPath(opcodes.getAcl, path, nothing, (reader) => {
      const acl = readAcl(reader);
      return { acl, stat: readStat(reader) };
    });
  }

  setAcl(path: string, acl: readonly Acl[], version: number): CallSpec<Stat> {
    const write = (writer: JuteWriter): void => {
      writeAcl(writer, acl);
      writer.int(version);
    };
    return this.#onPath(opcodes.setAcl, path, write, readStat);
  }

  auth({ scheme, auth }: Credentials): CallSpec<void> {
    return {
      opcode: opcodes.auth,
      reservedXid: reservedXids.auth,
      path: undefined,
      encode: (writer) => {
        writer.int(0);
        writer.string(scheme);
        writer.bytes(typeof auth === 'string' ? Buffer.from(auth) : auth);
      },
      decode: nothing,
    };
  }

  #create(
    opcode: number,
    path: string,
    data: Uint8Array,
    acl: readonly Acl[],
    writeFlags: (writer: JuteWriter) => void,
  ): CallSpec<Created> {
    return {
      opcode,
      path,
      bytes: path.length + data.byteLength,
      encode: (writer) => {
        writer.string(this.#paths.toServer(path));
        writer.bytes(data);
        writeAcl(writer, acl);
        writeFlags(writer);
      },
      decode: (reader) => {
        const created = this.#paths.fromServer(reader.string());
        return { path: created, stat: readStat(reader) };
      },
    };
  }

  #onPath<T>(
    opcode: number,
    path: string,
    writeRest: (writer: JuteWriter) => void,
    decode: CallSpec<T>['decode'],
  ): CallSpec<T> {
    checkPath(path);
    return {
      opcode,
      path,
      encode: (writer) => {
        writer.string(this.#paths.toServer(path));
        writeRest(writer);
      },
      decode,
    };
  }
}
