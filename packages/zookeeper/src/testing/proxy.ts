import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A network between a client and a server on loopback, which fails when told to. */
export interface TestProxy extends AsyncDisposable {
  readonly port: number;
  readonly connectString: string;
  /** Connections made so far. */
  readonly connections: number;
  /** Cuts what is connected. New connections are accepted. */
  cut(): void;
  /** From now on nothing passes, in either direction; connections stay open and new ones are accepted. */
  stall(): void;
  /** Ends {@link TestProxy.stall}: what was held back passes now. */
  flow(): void;
  stop(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** @param targetPort a server on loopback. */
export async function startProxy(targetPort: number): Promise<TestProxy> {
  const pairs = new Set<Pair>();
  let stalled = false;
  let connections = 0;
  const apply = ({ client, server }: Pair): void => {
    for (const socket of [client, server]) {
      if (stalled) socket.pause();
      else socket.resume();
    }
  };
  const listener = createServer((client) => {
    connections += 1;
    const pair = { client, server: connect({ host: '127.0.0.1', port: targetPort, noDelay: true }) };
    client.setNoDelay(true);
    pairs.add(pair);
    for (const [from, to] of [
      [client, pair.server],
      [pair.server, client],
    ] as const) {
      from.on('data', (chunk: Buffer) => to.write(chunk));
      from.on('error', () => undefined);
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
    apply(pair);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const cut = (): void => {
    for (const { client, server } of [...pairs]) {
      client.destroy();
      server.destroy();
    }
  };
  const setStalled = (value: boolean): void => {
    stalled = value;
    for (const pair of pairs) apply(pair);
  };
  const stop = async (): Promise<void> => {
    cut();
    if (!listener.listening) return;
    listener.close();
    await once(listener, 'close');
  };
  return {
    port,
    connectString: `127.0.0.1:${port}`,
    get connections() {
      return connections;
    },
    cut,
    stall: () => setStalled(true),
    flow: () => setStalled(false),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
