import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';

/** What the thread is given at its start. */
export interface HashWorkerData {
  readonly algorithms: readonly string[];
  readonly memory: SharedArrayBuffer;
  readonly pieceBytes: number;
}

/** A piece that lies in the memory at `slot`; null asks for the digests of all pieces so far, and for a new start. */
export type HashOrder = { readonly slot: number; readonly length: number } | null;

/** The piece of `slot` is hashed; or the digests that were asked for. */
export type HashReport = { readonly slot: number } | { readonly digests: Readonly<Record<string, string>> };

const { algorithms, memory, pieceBytes }: HashWorkerData = workerData;
const start = () => algorithms.map((name) => ({ name, hash: createHash(name) }));
let hashes = start();
const report = (message: HashReport): void => parentPort?.postMessage(message);

parentPort?.on('message', (order: HashOrder) => {
  if (order === null) {
    report({ digests: Object.fromEntries(hashes.map(({ name, hash }) => [name, hash.digest('hex')])) });
    hashes = start();
    return;
  }
  const piece = new Uint8Array(memory, order.slot * pieceBytes, order.length);
  for (const { hash } of hashes) hash.update(piece);
  report({ slot: order.slot });
});
