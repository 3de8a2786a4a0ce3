import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Told } from './control.js';

/** A running thread; messages and failures arrive at `onTold`. */
export interface Thread {
  order(message: unknown): void;
  /** Resolves when it has ended. */
  end(): Promise<void>;
}

/** Starts the program `<name>-thread` beside this file, compiled or not. */
export function startThread(name: 'copy' | 'hash', workerData: object, onTold: (told: Told) => void): Thread {
  const program = new URL(`./${name}-thread${extname(import.meta.url)}`, import.meta.url);
  // Small heaps: what is large lies in shared buffers.
  const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 };
  const worker = new Worker(program, { workerData, resourceLimits, execArgv: [] });
  worker.on('message', onTold);
  worker.on('error', (error) => onTold({ kind: 'failed', side: 'target', message: error.message }));
  return {
    order: (message) => worker.postMessage(message),
    end: async () => void (await worker.terminate()),
  };
}
