/** Context that log lines carry. Keys are fixed so that they can be searched for. */
export interface LogFields {
  readonly provider?: string;
  readonly pool?: string;
  readonly label?: string;
  readonly image?: string;
  readonly nodeId?: string;
  readonly requestId?: string;
  readonly eventId?: string | null;
  readonly build?: string;
  readonly upload?: string;
  readonly error?: unknown;
  readonly [key: string]: unknown;
}

/**
 * `info` is one line per state change, `warn` needs a human eventually, `error` needs one now.
 * Messages are fixed lower-case text in the past tense; what varies goes into the fields.
 */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger whose lines carry `fields` as well; `name` replaces the logger's name (`nodepool.PoolWorker.x`). */
  child(fields: LogFields, name?: string): Logger;
}

const nothing = (): void => undefined;

/** Swallows everything; for programs that have nobody to tell. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
};
