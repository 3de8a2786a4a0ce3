import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { FrameAssembler } from '../../codec/frames.js';
import { opcodes, reservedXids } from '../../codec/opcodes.js';
import { JuteReader } from '../../codec/reader.js';
import { JuteWriter } from '../../codec/writer.js';

/** What a client said first. */
export interface Greeting {
  readonly lastZxid: bigint;
  readonly timeoutMs: number;
  readonly sessionId: bigint;
  readonly password: string;
}

export interface ScriptedRequest {
  readonly xid: number;
  readonly opcode: number;
  /** The rest of the frame. */
  readonly body: JuteReader;
}

/** One accepted connection, on which the script says what it likes. */
export interface ScriptedConnection {
  readonly socket: Socket;
  readonly greeting: Greeting;
  /** An answer, complete. */
  reply(
    xid: number,
    options?: { readonly error?: number; readonly zxid?: bigint; readonly body?: (writer: JuteWriter) => void },
  ): void;
  cut(): void;
}

/** How the server behaves; each part has an obliging default. */
export interface Script {
  /** @returns the session to grant; a timeout of 0 says that it has expired; undefined says nothing at all. */
  greet?(
    greeting: Greeting,
    connectionNumber: number,
  ): { readonly sessionId: bigint; readonly timeoutMs: number } | 'hang-up' | undefined;
  /** Called after the answer to the greeting. */
  connected?(connection: ScriptedConnection, connectionNumber: number): void;
  request?(request: ScriptedRequest, connection: ScriptedConnection, connectionNumber: number): void;
  /** Answers pings unless it returns false. */
  ping?(connectionNumber: number): boolean;
}

export interface ScriptedServer extends AsyncDisposable {
  readonly connectString: string;
  readonly connections: readonly ScriptedConnection[];
}

export function replyFrame(
  xid: number,
  options: { readonly error?: number; readonly zxid?: bigint; readonly body?: (writer: JuteWriter) => void } = {},
): Buffer {
  const writer = new JuteWriter();
  writer.beginFrame();
  writer.int(xid);
  writer.long(options.zxid ?? 1n);
  writer.int(options.error ?? 0);
  options.body?.(writer);
  writer.endFrame();
  return writer.take();
}

/** A server that speaks the protocol as far as `script` lets it. */
export async function startScriptedServer(script: Script): Promise<ScriptedServer> {
  const connections: ScriptedConnection[] = [];
  const sockets = new Set<Socket>();
  let count = 0;
  const listener = createServer((socket) => {
    count += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    converse(socket, script, count, connections);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  return {
    connectString: `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    connections,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

function converse(socket: Socket, script: Script, number: number, connections: ScriptedConnection[]): void {
  let connection: ScriptedConnection | undefined;
  const frames = new FrameAssembler(2 ** 30, (frame) => {
    const body = new JuteReader(frame);
    if (connection === undefined) {
      connection = welcome(socket, body, script, number);
      if (connection === undefined) return;
      connections.push(connection);
      script.connected?.(connection, number);
      return;
    }
    const [xid, opcode] = [body.int(), body.int()];
    if (opcode === opcodes.ping) {
      if (script.ping?.(number) !== false) connection.reply(reservedXids.ping);
    } else if (opcode === opcodes.close) connection.reply(xid);
    else script.request?.({ xid, opcode, body }, connection, number);
  });
  socket.on('data', (chunk: Buffer) => frames.push(chunk));
}

function welcome(socket: Socket, body: JuteReader, script: Script, number: number): ScriptedConnection | undefined {
  body.int();
  const greeting = {
    lastZxid: body.long(),
    timeoutMs: body.int(),
    sessionId: body.long(),
    password: body.bytes().toString(),
  };
  const granted = (script.greet ?? (() => ({ sessionId: 5n, timeoutMs: greeting.timeoutMs })))(greeting, number);
  if (granted === 'hang-up') socket.end();
  if (granted === 'hang-up' || granted === undefined) return undefined;
  const writer = new JuteWriter();
  writer.beginFrame();
  writer.int(0);
  writer.int(granted.timeoutMs);
  writer.long(granted.sessionId);
  writer.bytes(Buffer.from('secret'));
  writer.endFrame();
  socket.write(writer.take());
  return {
    socket,
    greeting,
    reply: (xid, options) => void socket.write(replyFrame(xid, options)),
    cut: () => socket.destroy(),
  };
}
