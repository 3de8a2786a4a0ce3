/** What the client tells of its connection; a logger with these methods fits. */
export interface ClientLog {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export const silentLog: ClientLog = { debug: () => undefined, info: () => undefined, warn: () => undefined };
