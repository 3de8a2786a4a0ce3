import type { ProviderDeps } from '@nodepool/driver-api';
import { type CloudReading, readCloud } from '../clouds/read-cloud.js';
import type { CloudPlaces } from '../clouds/search-path.js';
import { ApiError } from '../errors.js';
import { type Connection, connect } from './connection.js';
import type { CloudPlace } from './types.js';

/** Files are looked at again no sooner than after this time, milliseconds. */
const rereadMs = 10_000;

/**
 * The connection that clouds.yaml describes now. The files are read at the start, and again when signing in has failed or
 * they could not be used, so that a corrected password needs no restart.
 */
export class Connections {
  readonly #place: CloudPlace;
  readonly #deps: ProviderDeps;
  readonly #places: CloudPlaces;
  #current: { readonly connection: Connection; readonly fingerprint: string } | undefined;
  #problem: unknown;
  #readMs = 0;

  constructor(place: CloudPlace, deps: ProviderDeps, places: CloudPlaces) {
    this.#place = place;
    this.#deps = deps;
    this.#places = places;
    this.#read();
  }

  /** The last that could be made; undefined while clouds.yaml has never been usable. */
  get last(): Connection | undefined {
    return this.#current?.connection;
  }

  /** @throws ApiError `misconfigured` when clouds.yaml cannot be used. */
  current(): Connection {
    if (this.#problem !== undefined && this.#deps.clock.monotonicMs() - this.#readMs >= rereadMs) this.#read();
    if (this.#current === undefined) throw this.#problem;
    return this.#current.connection;
  }

  /** Signing in was refused: the files are read again when there has been time to correct them. */
  suspect(error: ApiError): void {
    this.#problem ??= error;
  }

  async close(): Promise<void> {
    await this.#current?.connection.http.close();
  }

  #read(): void {
    const { clock, log } = this.#deps;
    this.#readMs = clock.monotonicMs();
    try {
      this.#use(readCloud(this.#place.cloud, this.#place.regionName, this.#places));
      this.#problem = undefined;
    } catch (error) {
      const { cloud } = this.#place;
      const problem =
        error instanceof ApiError ? error : new ApiError('misconfigured', `reading cloud ${cloud}`, { cause: error });
      this.#problem = problem;
      if (this.#current !== undefined)
        log.warn({ error: problem }, 'kept the settings of the cloud that were read before');
    }
  }

  #use({ region, fingerprint }: CloudReading): void {
    const before = this.#current;
    if (before?.fingerprint === fingerprint) return;
    this.#current = { connection: connect(region, this.#deps, this.#places.env), fingerprint };
    if (before === undefined) return;
    this.#deps.log.info({ cloud: this.#place.cloud }, 'read changed settings of the cloud');
    before.connection.http.close().catch(() => undefined);
  }
}
