import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands before a service, and cuts connections in the middle of a request when told to. */
export class CuttingProxy implements AsyncDisposable {
  /** Connections that were cut. */
  cuts = 0;
  readonly #port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cutAfter: number[] = [];

  private constructor(port: number) {
    this.#port = port;
    this.#server = createServer((client) => this.#connect(client));
  }

  /** @param port of the service, on 127.0.0.1. */
  static async start(port: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(port);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts the next connections that carry more than so many bytes to the service, one for each number. */
  cutAfter(...bytes: readonly number[]): void {
    this.#cutAfter = [...bytes];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #connect(client: Socket): void {
    const service = connect(this.#port, '127.0.0.1');
    let sent = 0;
    const end = (): void => {
      client.destroy();
      service.destroy();
    };
    for (const socket of [client, service]) {
      this.#sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    client.on('data', (piece) => {
      sent += piece.length;
      const [limit] = this.#cutAfter;
      if (limit === undefined || sent <= limit) return;
      this.#cutAfter.shift();
      this.cuts += 1;
      end();
    });
    client.pipe(service);
    service.pipe(client);
  }
}
