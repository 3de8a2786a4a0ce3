import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { UploadKey } from '@nodepool/store';

/** Ends the names of these logs; a build's own log has neither provider nor this. */
export const gateLogSuffix = '.gate.log';

/** File beside the build logs with what a gate has seen; kept only when the image was refused. */
export class GateLog implements AsyncDisposable {
  readonly path: string;
  #kept = false;

  private constructor(path: string) {
    this.path = path;
  }

  static async open(logDir: string, { image, buildId, provider, uploadId }: UploadKey): Promise<GateLog> {
    await mkdir(logDir, { recursive: true });
    return new GateLog(join(logDir, `${image}-${buildId}.${provider}.${uploadId}${gateLogSuffix}`));
  }

  /** A full disk must not decide on an image: never throws. */
  async add(reason: string, console: string | undefined): Promise<void> {
    const text = console === undefined ? 'the cloud has no console log' : `console:\n${console}`;
    await appendFile(this.path, `nodepool: the image was refused: ${reason}\n${text}\n`).catch(() => undefined);
  }

  keep(): void {
    this.#kept = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#kept) await rm(this.path, { force: true });
  }
}
