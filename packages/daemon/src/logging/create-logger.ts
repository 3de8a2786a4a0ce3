import type { Clock, LogFields, Logger } from '@nodepool/runtime';
import { errorText } from '@nodepool/runtime';
import { type Logger as PinoLogger, pino } from 'pino';
import { classicLine, type LogRecord } from './classic-line.js';
import { type LogLevel, passes } from './levels.js';
import { type LogHandler, type LogPlan, type Route, routeOf } from './log-plan.js';
import { redact } from './redact.js';
import { openSink, type Sink } from './sinks.js';

/** A logger that owns what it writes to. */
export interface RootLogger extends Logger, Disposable {
  /** Everything logged so far is written when this returns: before the process ends. */
  flush(): void;
  /**
   * Goes by another plan from the next line on. Files that both plans name stay open.
   *
   * @throws DaemonError `NP_LOG_FILE` when a new one cannot be opened; the old plan stays in force then.
   */
  reconfigure(plan: LogPlan): void;
}

export interface LoggerOptions {
  readonly plan: LogPlan;
  readonly clock: Clock;
  /** Name of the logger until a child takes another. */
  readonly name?: string;
  /** Opens what a target names; tests collect the text instead. */
  readonly openSink?: (handler: LogHandler) => Sink;
}

/**
 * The logger of a process. Values under keys that name secrets are replaced, whatever the format.
 *
 * A target that cannot be written is told of once on stderr; logging never throws and never stops the program.
 */
export function createLogger({ plan, clock, name = 'nodepool', openSink: open }: LoggerOptions): RootLogger {
  const openAnew = (handler: LogHandler): Sink => open?.(handler) ?? openSink(handler.target, clock, complainOnce());
  const router = new Router(plan, openOutputs(plan, new Map(), openAnew), clock);
  const root = new RoutedLogger(router, name, {});
  return Object.assign(root, {
    flush: () => router.flush(),
    reconfigure: (changed: LogPlan) => router.replace(changed, openOutputs(changed, router.outputs, openAnew)),
    [Symbol.dispose]: () => router.close(),
  });
}

interface Output {
  readonly handler: LogHandler;
  readonly sink: Sink;
  readonly write: (record: LogRecord) => void;
}

type Outputs = ReadonlyMap<string, Output>;

/** Handlers that write to the same place share what is open; so do those of `before`. */
function openOutputs({ handlers }: LogPlan, before: Outputs, open: (handler: LogHandler) => Sink): Outputs {
  const kept = new Map([...before.values()].map(({ handler, sink }) => [placeOf(handler), sink]));
  const opened = new Map<string, Sink>();
  const sinkOf = (handler: LogHandler): Sink => {
    const place = placeOf(handler);
    const sink = kept.get(place) ?? opened.get(place) ?? open(handler);
    if (!kept.has(place)) opened.set(place, sink);
    return sink;
  };
  try {
    return new Map(
      Array.from(handlers, ([name, handler]) => {
        const sink = sinkOf(handler);
        return [name, { handler, sink, write: writerFor(handler, sink) }];
      }),
    );
  } catch (error) {
    for (const sink of opened.values()) sink[Symbol.dispose]();
    throw error;
  }
}

function placeOf({ target }: LogHandler): string {
  return target.kind === 'file' ? `file ${target.path}` : target.kind;
}

function writerFor(handler: LogHandler, sink: Sink): (record: LogRecord) => void {
  if (handler.format === 'classic') return (record) => sink.write(classicLine(record));
  const json = jsonLogger(sink);
  return ({ timeMs, level, logger, message, fields }) => {
    const shown = Object.entries(fields).map(([key, value]) => [key, redact(key, value)]);
    json[level]({ time: new Date(timeMs).toISOString(), logger, ...Object.fromEntries(shown) }, message);
  };
}

function jsonLogger(sink: Sink): PinoLogger {
  return pino(
    {
      base: null,
      level: 'debug',
      messageKey: 'message',
      timestamp: false,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (text: string) => sink.write(text) },
  );
}

/** Decides which outputs get a record; what it found for a logger's name it keeps. */
class Router {
  #plan: LogPlan;
  #outputs: Outputs;
  readonly #clock: Clock;
  readonly #routes = new Map<string, Route>();

  constructor(plan: LogPlan, outputs: Outputs, clock: Clock) {
    this.#plan = plan;
    this.#outputs = outputs;
    this.#clock = clock;
  }

  get outputs(): Outputs {
    return this.#outputs;
  }

  /** Closes what the new plan does not write to. */
  replace(plan: LogPlan, outputs: Outputs): void {
    const before = this.#sinks();
    this.#plan = plan;
    this.#outputs = outputs;
    this.#routes.clear();
    for (const sink of before.difference(this.#sinks())) sink[Symbol.dispose]();
  }

  flush(): void {
    for (const sink of this.#sinks()) sink.flush();
  }

  close(): void {
    for (const sink of this.#sinks()) sink[Symbol.dispose]();
  }

  #sinks(): Set<Sink> {
    return new Set(Array.from(this.#outputs.values(), ({ sink }) => sink));
  }

  log(level: LogLevel, logger: string, message: string, fields: () => LogFields): void {
    const route = this.#routeOf(logger);
    if (!passes(level, route.level)) return;
    const record: LogRecord = { timeMs: this.#clock.now(), level, logger, message, fields: fields() };
    for (const handlerName of route.handlers) {
      const output = this.#outputs.get(handlerName);
      if (output !== undefined && passes(level, output.handler.level)) output.write(record);
    }
  }

  #routeOf(logger: string): Route {
    const known = this.#routes.get(logger);
    if (known !== undefined) return known;
    const route = routeOf(this.#plan, logger);
    this.#routes.set(logger, route);
    return route;
  }
}

class RoutedLogger implements Logger {
  readonly #router: Router;
  readonly #name: string;
  readonly #context: LogFields;

  constructor(router: Router, name: string, context: LogFields) {
    this.#router = router;
    this.#name = name;
    this.#context = context;
  }

  debug(fields: LogFields, message: string): void {
    this.#log('debug', fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.#log('info', fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.#log('warn', fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.#log('error', fields, message);
  }

  child(fields: LogFields, name = this.#name): Logger {
    return new RoutedLogger(this.#router, name, { ...this.#context, ...fields });
  }

  #log(level: LogLevel, fields: LogFields, message: string): void {
    this.#router.log(level, this.#name, message, () => ({ ...this.#context, ...fields }));
  }
}

function complainOnce(): (error: Error) => void {
  let told = false;
  return (error) => {
    if (told) return;
    told = true;
    process.stderr.write(`nodepool: writing the log failed: ${errorText(error)}\n`);
  };
}
