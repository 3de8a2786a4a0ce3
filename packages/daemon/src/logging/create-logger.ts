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
  const outputs = new Map<string, Output>();
  for (const [handlerName, handler] of plan.handlers) {
    const sink = open?.(handler) ?? openSink(handler.target, clock, complainOnce());
    outputs.set(handlerName, { handler, sink, write: writerFor(handler, sink) });
  }
  const root = new RoutedLogger(new Router(plan, outputs, clock), name, {});
  return Object.assign(root, {
    flush: () => {
      for (const { sink } of outputs.values()) sink.flush();
    },
    [Symbol.dispose]: () => {
      for (const { sink } of outputs.values()) sink[Symbol.dispose]();
    },
  });
}

interface Output {
  readonly handler: LogHandler;
  readonly sink: Sink;
  readonly write: (record: LogRecord) => void;
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
  readonly #plan: LogPlan;
  readonly #outputs: ReadonlyMap<string, Output>;
  readonly #clock: Clock;
  readonly #routes = new Map<string, Route>();

  constructor(plan: LogPlan, outputs: ReadonlyMap<string, Output>, clock: Clock) {
    this.#plan = plan;
    this.#outputs = outputs;
    this.#clock = clock;
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
