import type { ServerResponse } from 'node:http';
import { type Encoded, gzipHeader } from './encode.js';

/** What may wait for one client, bytes: a few seconds of a busy system. One that is further behind is cut off. */
const maxWaitingBytes = 2 * 1024 * 1024;

/** One client that follows the events. */
export class EventClient {
  /** Number of the last frame that it needs no more. */
  position: number;
  readonly #response: ServerResponse;
  readonly #packs: boolean;

  /** Begins the answer. @param packs the client takes gzip. */
  constructor(response: ServerResponse, packs: boolean, position: number) {
    this.position = position;
    this.#response = response;
    this.#packs = packs;
    // The end of the connection ends the answer: chunks would only cost two more writes for each frame.
    response.useChunkedEncodingByDefault = false;
    response.shouldKeepAlive = false;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
      vary: 'authorization, accept-encoding',
      ...(packs && { 'content-encoding': 'gzip' }),
    });
    if (packs) response.write(gzipHeader);
    else response.flushHeaders();
  }

  /** False when the client is too slow: its connection is then cut, and it may come back with the id that it has. */
  send({ plain, packed }: Encoded): boolean {
    if (this.#response.writableLength > maxWaitingBytes) {
      this.#response.destroy();
      return false;
    }
    this.#response.write(this.#packs ? packed : plain);
    return true;
  }

  end(): void {
    this.#response.end();
  }
}
