import type { BuilderStatus } from '@nodepool/model';
import { errorText } from '@nodepool/runtime';
import type { CommandContext } from '../command.js';
import { CliError } from '../errors.js';

/** What of a build is shown. */
export interface LogRequest {
  /** `<image>-<build id>`. */
  readonly build: string;
  readonly kind: 'log' | 'gates';
  readonly follow: boolean;
}

/** A connection that was cut while a log is followed is made again so many times without anything new. */
const reconnects = 5;
const reconnectMs = 1_000;

/**
 * Prints a log as the builder that has it sends it, line by line; returns when it has ended.
 *
 * @throws NP_CLI_LOG_UNREACHABLE.
 */
export async function streamLog(context: CommandContext, builder: BuilderStatus, request: LogRequest): Promise<void> {
  const lines = new LinePrinter((line) => context.print(line));
  for (let failures = 0; ; ) {
    const before = lines.bytes;
    try {
      await readOnce(context, builder, request, lines);
      return;
    } catch (error) {
      context.signal.throwIfAborted();
      failures = lines.bytes > before ? 1 : failures + 1;
      if (error instanceof CliError || !request.follow || failures > reconnects) throw unreachable(builder, error);
      await context.clock.sleep(reconnectMs, context.signal);
    }
  }
}

async function readOnce(
  { signal }: CommandContext,
  builder: BuilderStatus,
  { build, kind, follow }: LogRequest,
  lines: LinePrinter,
): Promise<void> {
  const query = `offset=${lines.bytes}${follow ? '&follow=1' : ''}`;
  const answer = await fetch(`${builder.logUrl}/builds/${encodeURIComponent(build)}/${kind}?${query}`, { signal });
  if (!answer.ok) {
    throw new CliError('NP_CLI_LOG_UNREACHABLE', `${builder.hostname}: ${(await answer.text()).trim()}`);
  }
  for await (const chunk of answer.body ?? []) lines.add(chunk);
  lines.end();
}

function unreachable({ hostname, logUrl }: BuilderStatus, error: unknown): CliError {
  if (error instanceof CliError) return error;
  return new CliError(
    'NP_CLI_LOG_UNREACHABLE',
    `the builder ${hostname} does not answer at ${logUrl}: ${errorText(error)}; set build-log-server in its configuration, or look into build-log-dir there`,
    { cause: error },
  );
}

/** Prints whole lines of what comes in pieces. */
class LinePrinter {
  readonly #print: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #bytes = 0;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** Taken so far. */
  get bytes(): number {
    return this.#bytes;
  }

  add(chunk: Uint8Array): void {
    this.#bytes += chunk.byteLength;
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    if (lines.length > 0) this.#print(lines.join('\n'));
  }

  end(): void {
    if (this.#rest !== '') this.#print(this.#rest);
    this.#rest = '';
  }
}
