/**
 * Base of every error that Nodepool raises on purpose. Compare `code`; never the class or the message.
 *
 * The message says what was being attempted and, where somebody can act, the remedy. It never holds a secret.
 */
export class NodepoolError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NodepoolError';
    this.code = code;
  }
}

/** The code of an error of ours or of the platform (`ENOENT`), or undefined. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return undefined;
}

/** One line for a log or a terminal: the message and the messages of its causes. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${errorText(error.cause)}`;
}

/** True when `error` is the reason of an abort: the work was called off, nothing failed. */
export function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  return (
    signal?.aborted === true && (error === signal.reason || (error instanceof Error && error.name === 'AbortError'))
  );
}

/** Makes the compiler prove that a union was handled in full. */
export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
