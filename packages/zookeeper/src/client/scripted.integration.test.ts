import { describe, expect, it } from 'vitest';
import { opcodes } from '../codec/opcodes.js';
import type { JuteWriter } from '../codec/writer.js';
import { type ConnectOptions, connect } from '../connect.js';
import type { SessionState } from '../types.js';
import type { ZooKeeperClient } from './client.js';
import { replyFrame, type Script, type ScriptedServer, startScriptedServer } from './testing/scripted-server.js';

const noData = Buffer.alloc(0);

function writeStat(writer: JuteWriter): void {
  for (let each = 0; each < 4; each += 1) writer.long(0n);
  for (let each = 0; each < 3; each += 1) writer.int(0);
  writer.long(0n);
  writer.int(0);
  writer.int(0);
  writer.long(0n);
}

/** A client of a scripted server, both ended when disposed of. */
class Pair implements AsyncDisposable {
  readonly server: ScriptedServer;
  readonly zk: ZooKeeperClient;
  readonly states: SessionState[] = [];

  constructor(server: ScriptedServer, options: Partial<ConnectOptions>) {
    this.server = server;
    this.zk = connect({ servers: server.connectString, ...options });
    this.zk.onState((state) => void this.states.push(state));
  }

  static async open(script: Script, options: Partial<ConnectOptions> = {}): Promise<Pair> {
    return new Pair(await startScriptedServer(script), options);
  }

  reached(wanted: SessionState): Promise<void> {
    return new Promise((resolve) => {
      const subscription = this.zk.onState((state) => {
        if (state !== wanted) return;
        subscription[Symbol.dispose]();
        resolve();
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.zk.close();
    await this.server[Symbol.asyncDispose]();
  }
}

/** Behaves badly on the first connection and well on all others. */
function badAtFirst(bad: NonNullable<Script['request']>): Script {
  return {
    request: (request, connection, number) => {
      if (number === 1) bad(request, connection, number);
      else connection.reply(request.xid, { body: writeStat });
    },
  };
}

describe('a client of a server that misbehaves', () => {
  it('drops a connection whose answers come in the wrong order, and does better on the next', async () => {
    const xids: number[] = [];
    await using pair = await Pair.open(
      badAtFirst(({ xid }, connection) => {
        xids.push(xid);
        if (xids.length === 2) for (const each of xids.toReversed()) connection.reply(each, { body: writeStat });
      }),
    );

    const [first, second] = await Promise.allSettled([pair.zk.exists('/a'), pair.zk.exists('/b')]);
    const after = await pair.zk.exists('/c');

    const lost = { reason: { code: 'ZK_CONNECTION_LOSS', cause: { code: 'ZK_PROTOCOL' } } };
    expect([first, second]).toMatchObject([lost, lost]);
    expect(after).toBeDefined();
    expect(pair.states).toEqual(['connected', 'suspended', 'connected']);
  });

  it('reads answers that come a byte at a time', async () => {
    await using pair = await Pair.open({
      request: ({ xid }, { socket }) => {
        socket.setNoDelay(true);
        for (const byte of replyFrame(xid, { body: writeStat })) socket.write(Buffer.of(byte));
      },
    });

    const stats = await Promise.all(['/a', '/b', '/c'].map((path) => pair.zk.exists(path)));

    expect(stats.every((stat) => stat?.version === 0)).toBe(true);
  });

  it.each([
    ['text', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a negative length', Buffer.alloc(4, 0xff)],
    ['an answer to nothing', replyFrame(99)],
    ['an event of no known type', replyFrame(-1, { body: (writer) => writer.int(77) })],
    ['a frame too short for a header', Buffer.of(0, 0, 0, 1, 7)],
  ])('recovers from %s', async (_, garbage) => {
    await using pair = await Pair.open(badAtFirst((_request, { socket }) => void socket.write(garbage)));

    await expect(pair.zk.exists('/a')).rejects.toMatchObject({ cause: { code: 'ZK_PROTOCOL' } });

    expect(await pair.zk.exists('/b')).toBeDefined();
  });

  it('recovers from an answer that ends too early', async () => {
    await using pair = await Pair.open(
      badAtFirst(({ xid }, connection) => connection.reply(xid, { body: (writer) => writer.int(1) })),
    );

    await expect(pair.zk.exists('/a')).rejects.toMatchObject({
      code: 'ZK_CONNECTION_LOSS',
      cause: { code: 'ZK_PROTOCOL' },
    });

    expect(await pair.zk.exists('/b')).toBeDefined();
  });

  it('recovers from a cut in the middle of a frame', async () => {
    await using pair = await Pair.open(
      badAtFirst(({ xid }, { socket }) => {
        socket.write(replyFrame(xid, { body: writeStat }).subarray(0, 11), () => socket.destroy());
      }),
    );

    await expect(pair.zk.exists('/a')).rejects.toMatchObject({ code: 'ZK_CONNECTION_LOSS', path: '/a' });

    expect(await pair.zk.exists('/b')).toBeDefined();
  });

  it('gives up a server that accepts and then says nothing, and takes the next', async () => {
    await using silent = await startScriptedServer({ greet: () => undefined });
    await using pair = await Pair.open(
      { request: ({ xid }, connection) => connection.reply(xid, { body: writeStat }) },
      { connectTimeoutMs: 100 },
    );
    const both = connect({
      servers: `${silent.connectString},${pair.server.connectString}`,
      connectTimeoutMs: 100,
      random: { next: descending(), hexId: () => '' },
    });

    expect(await both.exists('/a')).toBeDefined();

    await both.close();
  });

  it('suspends when the server falls silent, before the session can have expired', async () => {
    await using pair = await Pair.open({
      greet: () => ({ sessionId: 5n, timeoutMs: 600 }),
      ping: (number) => number > 1,
    });
    await pair.zk.connected();
    const startedMs = performance.now();

    await pair.reached('suspended');

    const silentMs = performance.now() - startedMs;
    expect(silentMs).toBeGreaterThan(350);
    expect(silentMs).toBeLessThan(600);
    await pair.zk.connected();
  });

  it('does not wait for ever for the answer to its farewell', async () => {
    const server = await startScriptedServer({ connected: ({ socket }) => void socket.pause() });
    const zk = connect({ servers: server.connectString });
    await zk.connected();

    await zk.close();

    expect(zk.state).toBe('closed');
    await server[Symbol.asyncDispose]();
  });

  it('reports a code that it does not know', async () => {
    await using pair = await Pair.open({ request: ({ xid }, connection) => connection.reply(xid, { error: -127 }) });

    await expect(pair.zk.get('/a')).rejects.toMatchObject({
      code: 'ZK_SERVER',
      path: '/a',
      message: expect.stringContaining('-127'),
    });
  });

  it('gives the session up when the server refuses the credentials', async () => {
    await using pair = await Pair.open(
      { request: ({ xid }, connection) => connection.reply(xid, { error: -115 }) },
      { auth: [{ scheme: 'digest', auth: 'user:wrong' }] },
    );
    await pair.reached('closed');

    await expect(pair.zk.get('/a')).rejects.toMatchObject({ code: 'ZK_AUTH_FAILED' });
  });
});

/** Draws that keep the order of the servers as given. */
function descending(): () => number {
  let at = 0;
  return () => {
    at += 0.01;
    return at % 1;
  };
}

describe('a session', () => {
  it('is taken up again with its id, its password and the last transaction seen', async () => {
    await using pair = await Pair.open(
      badAtFirst(({ xid, opcode }, connection) => {
        if (opcode === opcodes.exists) connection.reply(xid, { zxid: 4711n, body: writeStat });
        else connection.cut();
      }),
    );
    await pair.zk.exists('/a');

    await pair.zk.sync('/').catch(() => undefined);
    await pair.zk.connected();

    expect(pair.server.connections.map(({ greeting }) => greeting)).toMatchObject([
      { sessionId: 0n, lastZxid: 0n },
      { sessionId: 5n, lastZxid: 4711n, password: 'secret' },
    ]);
  });

  it('uses the timeout that the server grants', async () => {
    await using pair = await Pair.open(
      { greet: () => ({ sessionId: 9n, timeoutMs: 4_000 }) },
      { sessionTimeoutMs: 30_000 },
    );

    await pair.zk.connected();

    expect([pair.zk.sessionTimeoutMs, pair.zk.sessionId]).toEqual([4_000, 9n]);
  });

  it('ends when servers hang up on it for long, as those do that have lost their data', async () => {
    await using pair = await Pair.open(
      {
        greet: ({ sessionId, timeoutMs }, number) => {
          if (sessionId !== 0n) return 'hang-up';
          return { sessionId: BigInt(number), timeoutMs };
        },
      },
      { sessionTimeoutMs: 300 },
    );
    await pair.zk.connected();
    const expired = pair.reached('expired');
    pair.server.connections[0]?.cut();
    await expired;
    const endedMs = performance.now();
    pair.zk.renew();
    await pair.zk.connected();

    expect(pair.states).toEqual(['connected', 'suspended', 'expired', 'connecting', 'connected']);
    expect(pair.server.connections.at(-1)?.greeting).toMatchObject({ sessionId: 0n, lastZxid: 0n });
    expect(performance.now() - endedMs).toBeLessThan(5_000);
  });

  it('refuses everything once expired, and starts anew when told to', async () => {
    const asked: bigint[] = [];
    await using pair = await Pair.open({
      greet: ({ sessionId }, number) => {
        asked.push(sessionId);
        return number === 2 ? { sessionId: 0n, timeoutMs: 0 } : { sessionId: BigInt(number), timeoutMs: 10_000 };
      },
      request: ({ xid, opcode }, connection, number) => {
        if (number === 1 && opcode === opcodes.sync) connection.cut();
        else connection.reply(xid, { body: writeStat });
      },
    });
    await pair.zk.addWatch('/tree', () => undefined);
    await pair.zk.exists('/tree', { watch: () => undefined });
    const expired = pair.reached('expired');
    await pair.zk.sync('/').catch(() => undefined);
    const waiting = pair.zk.exists('/a');
    const refused = expect(waiting).rejects.toMatchObject({ code: 'ZK_SESSION_EXPIRED' });

    await expired;
    await refused;
    await expect(pair.zk.exists('/b')).rejects.toMatchObject({ code: 'ZK_SESSION_EXPIRED' });
    await expect(pair.zk.connected()).rejects.toMatchObject({ code: 'ZK_SESSION_EXPIRED' });
    pair.zk.renew();
    await pair.zk.connected();

    expect(await pair.zk.exists('/c')).toBeDefined();
    expect(asked).toEqual([0n, 1n, 0n]);
    expect(pair.states).toEqual(['connected', 'suspended', 'expired', 'connecting', 'connected']);
  });

  it('sets its watches again before anything else, as of the last transaction seen', async () => {
    const second: { opcode: number; zxid?: bigint; lists?: string[][] }[] = [];
    const { promise: seen, resolve } = Promise.withResolvers<void>();
    await using pair = await Pair.open({
      request: ({ xid, opcode, body }, connection, number) => {
        if (number === 1 && opcode === opcodes.sync) {
          connection.cut();
          return;
        }
        if (number === 2 && opcode === opcodes.setWatches2) {
          const zxid = body.long();
          second.push({ opcode, zxid, lists: Array.from({ length: 5 }, () => body.strings()) });
        } else if (number === 2) {
          second.push({ opcode });
          resolve();
        }
        const missing = opcode === opcodes.exists ? -101 : 0;
        connection.reply(xid, { zxid: 50n, error: missing, body: (writer) => writer.bytes(noData) });
      },
    });
    await pair.zk.exists('/missing', { watch: () => undefined });
    await pair.zk.addWatch('/tree', () => undefined);
    await pair.zk.addWatch('/plain', () => undefined, { recursive: false });
    const lost = pair.zk.sync('/').catch(() => undefined);
    await lost;
    await pair.zk.exists('/first').catch(() => undefined);
    await seen;

    expect(second).toEqual([
      { opcode: opcodes.setWatches2, zxid: 50n, lists: [[], ['/missing'], [], ['/plain'], ['/tree']] },
      { opcode: opcodes.exists },
    ]);
  });

  it('holds requests while there is no connection, up to a bound, and sends them in order', async () => {
    const paths: string[] = [];
    await using pair = await Pair.open(
      {
        request: ({ xid, opcode, body }, connection, number) => {
          if (number === 1) connection.cut();
          else {
            if (opcode === opcodes.exists) paths.push(body.string());
            connection.reply(xid, { body: writeStat });
          }
        },
      },
      { maxOutstanding: 3 },
    );
    await pair.zk.connected();
    await pair.zk.sync('/').catch(() => undefined);

    const results = await Promise.allSettled(['/a', '/b', '/c', '/d'].map((path) => pair.zk.exists(path)));

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    expect(results[3]).toMatchObject({ reason: { code: 'ZK_UNREACHABLE' } });
    expect(paths).toEqual(['/a', '/b', '/c']);
  });

  it('bounds the bytes that wait while the server does not read, and loses none of them', async () => {
    await using pair = await Pair.open(
      {
        connected: ({ socket }) => void socket.pause(),
        request: ({ xid }, connection) => connection.reply(xid, { body: writeStat }),
      },
      { maxWaitingBytes: 20_000_000 },
    );
    await pair.zk.connected();
    const data = Buffer.alloc(1_000_000);
    const writes = Array.from({ length: 60 }, () => pair.zk.set('/a', data));

    const settled = Promise.allSettled(writes);
    pair.server.connections[0]?.socket.resume();
    const results = await settled;

    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(20);
    expect(refused.length).toBeLessThan(50);
    expect(refused).toMatchObject(refused.map(() => ({ reason: { code: 'ZK_UNREACHABLE' } })));
  });

  it('forgets a request that is called off while it waits, and one that is under way', async () => {
    const opcodesSeen: number[] = [];
    const { promise: sent, resolve } = Promise.withResolvers<void>();
    await using pair = await Pair.open({
      request: ({ xid, opcode }, connection) => {
        opcodesSeen.push(opcode);
        if (opcode === opcodes.sync) resolve();
        else connection.reply(xid, { body: writeStat });
      },
    });
    const abort = new AbortController();
    const waiting = pair.zk.exists('/a', { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toMatchObject({ code: 'ZK_CONNECTION_LOSS', cause: { message: 'enough' } });
    const again = new AbortController();
    const underWay = pair.zk.sync('/', { signal: again.signal });
    await sent;

    again.abort(new Error('enough, too'));

    await expect(underWay).rejects.toMatchObject({ cause: { message: 'enough, too' } });
    expect(opcodesSeen).toEqual([opcodes.sync]);
  });

  it('lets an exception of a listener surface without harm to itself', async () => {
    const { promise: surfaced, resolve } = Promise.withResolvers<unknown>();
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', resolve);
    await using pair = await Pair.open({
      request: ({ xid }, connection) => connection.reply(xid, { body: writeStat }),
    });
    pair.zk.onState((state) => {
      if (state === 'connected') throw new Error('from a listener');
    });

    const stat = await pair.zk.exists('/a');

    expect(await surfaced).toMatchObject({ message: 'from a listener' });
    expect(stat).toBeDefined();
    process.removeAllListeners('uncaughtException');
    for (const listener of others) process.on('uncaughtException', listener);
  });
});
