import { type Clock, deadline, errorText, type Logger, noTracing, type Tracer } from '@nodepool/runtime';
import { tracingSettings } from './tracing-settings.js';

export interface TracingOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Name of the program, such as `nodepool-launcher`. */
  readonly service: string;
  readonly version: string;
  /** Short name of this machine. */
  readonly hostname: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Traces that go somewhere until they are disposed of. */
export interface Tracing extends AsyncDisposable {
  readonly tracer: Tracer;
}

/** How long the last spans may take on their way, milliseconds: a stop does not wait longer for a collector. */
const flushMs = 3_000;

/** Sends traces where the environment says so; else nothing is loaded and nothing is traced. */
export async function openTracing(options: TracingOptions): Promise<Tracing> {
  const { env, service, clock } = options;
  const log = options.log.child({}, 'nodepool.traces');
  const none = { tracer: noTracing, [Symbol.asyncDispose]: async () => undefined };
  const settings = tracingSettings(env, service);
  if (settings === undefined) return none;
  if ('problem' in settings) {
    log.warn({ problem: settings.problem }, 'sent no traces');
    return none;
  }
  const { startOtlp } = await import('./otlp.js');
  const { tracer, shutdown } = startOtlp({ ...options, settings, log });
  log.info({ endpoint: withoutUser(settings.url), ratio: settings.ratio }, 'sent traces from now on');
  return {
    tracer,
    [Symbol.asyncDispose]: async () => {
      using limit = deadline(clock, flushMs);
      const late = new Promise<never>((_resolve, reject) => {
        limit.signal.addEventListener('abort', () => reject(limit.signal.reason), { once: true });
      });
      await Promise.race([shutdown(), late]).catch((error: unknown) => {
        log.info({ error: errorText(error) }, 'last traces were not sent');
      });
    },
  };
}

/** A password in a URL is for the collector alone. */
function withoutUser(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  url.search = '';
  return url.href;
}
