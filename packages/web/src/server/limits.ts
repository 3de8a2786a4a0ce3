/** What the server bears with from a client. */
export interface ServerLimits {
  /** Of a body, bytes. */
  readonly bodyBytes: number;
  /** Of the head of a request, bytes. */
  readonly headerBytes: number;
  /** For the head of a request to arrive, milliseconds. */
  readonly headersMs: number;
  /** For a whole request to arrive, milliseconds. */
  readonly requestMs: number;
  /** How often the two are looked at, milliseconds. */
  readonly checkMs: number;
  /** How long a connection may be idle between requests, milliseconds. */
  readonly idleMs: number;
  readonly connections: number;
}

export const usualLimits: ServerLimits = {
  bodyBytes: 256 * 1024,
  headerBytes: 16 * 1024,
  headersMs: 10_000,
  requestMs: 20_000,
  checkMs: 1_000,
  idleMs: 5_000,
  connections: 2_000,
};
