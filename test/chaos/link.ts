import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** The network between one daemon and one server, which fails when told to. */
export interface Link extends AsyncDisposable {
  readonly port: number;
  /** Resets what is connected; new connections are accepted. */
  cut(): void;
  /** While true nothing passes and nothing is refused: to both ends the other has fallen silent. */
  hold(held: boolean): void;
  /** Every piece of data takes this long from now on, milliseconds each way. */
  delay(ms: number): void;
}

interface Flow {
  readonly from: Socket;
  readonly to: Socket;
}

/** @param targetPort a server on loopback, which may be away. */
export async function openLink(targetPort: number): Promise<Link> {
  const flows = new Set<Flow>();
  let held = false;
  let delayMs = 0;
  const pump = (from: Socket, to: Socket): void => {
    const flow = { from, to };
    flows.add(flow);
    from.setNoDelay(true);
    // Timers of one length fire in the order in which they were set; a shorter delay must not overtake a longer one.
    let freeAtMs = 0;
    from.on('data', (chunk: Buffer) => {
      const nowMs = performance.now();
      freeAtMs = Math.max(freeAtMs, nowMs + delayMs);
      if (freeAtMs <= nowMs) to.write(chunk);
      else setTimeout(() => to.destroyed || to.write(chunk), freeAtMs - nowMs);
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      flows.delete(flow);
      to.destroy();
    });
    if (held) from.pause();
  };
  const listener = createServer((client) => {
    const server = connect({ host: '127.0.0.1', port: targetPort });
    pump(client, server);
    pump(server, client);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const cut = (): void => {
    for (const { from } of [...flows]) from.resetAndDestroy();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut,
    hold: (value) => {
      held = value;
      for (const { from } of flows) {
        if (held) from.pause();
        else from.resume();
      }
    },
    delay: (ms) => {
      delayMs = ms;
    },
    [Symbol.asyncDispose]: async () => {
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };
}
