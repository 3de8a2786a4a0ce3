import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** Receives what daemons send to a statsd server. */
export interface StatsdReceiver extends AsyncDisposable {
  /** Makes a daemon send its statistics here. */
  readonly env: Readonly<Record<string, string>>;
  /** All that has come so far. */
  received(): string;
}

export async function receiveStatsd(): Promise<StatsdReceiver> {
  const socket = createSocket('udp4');
  const parts: string[] = [];
  socket.on('message', (message) => parts.push(message.toString()));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    env: { STATSD_HOST: '127.0.0.1', STATSD_PORT: String(socket.address().port) },
    received: () => parts.join('\n'),
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
