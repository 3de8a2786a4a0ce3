import { DaemonError } from '../errors.js';
import { type LogLevel, levelNames, parseLevel } from './levels.js';
import type { LogFormat, LoggerPlan, LogHandler, LogPlan, LogTarget } from './log-plan.js';

type Mapping = Readonly<Record<string, unknown>>;

/** Handlers of Python that write to files; rotation is left to others, as with WatchedFileHandler. */
const fileHandlers = /(^|\.)(FileHandler|WatchedFileHandler|RotatingFileHandler|TimedRotatingFileHandler)$/;

/** The part of a dictConfig structure that we understand. Source: packages/daemon/README.md. */
export function toLogPlan(
  content: unknown,
  file: string,
): { readonly plan: LogPlan; readonly warnings: readonly string[] } {
  const reader = new DictReader(file);
  const top = reader.mapping(content, 'the file');
  reader.ignoreOthers(top, '', ['version', 'disable_existing_loggers', 'formatters', 'handlers', 'loggers', 'root']);
  const formats = new Map(
    Object.entries(reader.optionalMapping(top, 'formatters')).map(([name, value]) => [
      name,
      formatOf(reader.mapping(value, `formatters.${name}`)),
    ]),
  );
  const handlers = new Map(
    Object.entries(reader.optionalMapping(top, 'handlers')).map(([name, value]) => [
      name,
      readHandler(reader, `handlers.${name}`, value, formats),
    ]),
  );
  const loggers = new Map(
    Object.entries(reader.optionalMapping(top, 'loggers')).map(([name, value]) => [
      name,
      readLogger(reader, `loggers.${name}`, value, handlers),
    ]),
  );
  const root = readLogger(reader, 'root', reader.optionalMapping(top, 'root'), handlers);
  const plan: LogPlan = { handlers, loggers, root: { level: root.level ?? 'warn', handlers: root.handlers } };
  return { plan, warnings: reader.warnings };
}

/** A formatter is JSON when its class or its format says so; every other one is the classic line. */
function formatOf(formatter: Mapping): LogFormat {
  const said = [formatter['format'], formatter['class'], formatter['()']].filter((value) => typeof value === 'string');
  return said.some((value) => /json/i.test(value)) ? 'json' : 'classic';
}

function readHandler(
  reader: DictReader,
  path: string,
  value: unknown,
  formats: ReadonlyMap<string, LogFormat>,
): LogHandler {
  const handler = reader.mapping(value, path);
  const formatter = reader.optionalText(handler, 'formatter', path);
  const format = formatter === undefined ? 'classic' : formats.get(formatter);
  if (format === undefined) throw reader.error(`${path}.formatter: there is no formatter ${formatter}`);
  reader.ignoreOthers(handler, `${path}.`, ['class', 'formatter', 'level', 'filename', 'stream']);
  return { target: readTarget(reader, path, handler), format, level: reader.level(handler, path) ?? 'debug' };
}

function readTarget(reader: DictReader, path: string, handler: Mapping): LogTarget {
  const kind = reader.optionalText(handler, 'class', path) ?? '';
  if (fileHandlers.test(kind)) {
    const filename = reader.optionalText(handler, 'filename', path);
    if (filename === undefined) throw reader.error(`${path}.filename is missing`);
    return { kind: 'file', path: filename };
  }
  if (!/(^|\.)StreamHandler$/.test(kind)) {
    throw reader.error(`${path}.class: ${kind || 'nothing'} is not supported; use StreamHandler or WatchedFileHandler`);
  }
  const stream = reader.optionalText(handler, 'stream', path) ?? 'ext://sys.stderr';
  if (stream === 'ext://sys.stdout') return { kind: 'stdout' };
  if (stream === 'ext://sys.stderr') return { kind: 'stderr' };
  throw reader.error(`${path}.stream: ${stream} is not supported; use ext://sys.stdout or ext://sys.stderr`);
}

function readLogger(
  reader: DictReader,
  path: string,
  value: unknown,
  handlers: ReadonlyMap<string, LogHandler>,
): LoggerPlan {
  const logger = reader.mapping(value, path);
  const names = logger['handlers'] ?? [];
  if (!Array.isArray(names)) throw reader.error(`${path}.handlers is not a list`);
  const missing = names.find((name) => typeof name !== 'string' || !handlers.has(name));
  if (missing !== undefined) throw reader.error(`${path}.handlers: there is no handler ${String(missing)}`);
  reader.ignoreOthers(logger, `${path}.`, ['level', 'handlers', 'propagate']);
  const propagate = logger['propagate'];
  return {
    level: reader.level(logger, path),
    handlers: names,
    propagate: propagate !== false && propagate !== 0 && propagate !== 'no',
  };
}

/** Looks into untyped mappings and says where something is wrong. */
class DictReader {
  readonly warnings: string[] = [];
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  error(message: string): DaemonError {
    return new DaemonError('NP_LOG_CONFIG', `${this.#file}: ${message}`);
  }

  mapping(value: unknown, path: string): Mapping {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
    throw this.error(`${path} is not a mapping`);
  }

  optionalMapping(parent: Mapping, key: string): Mapping {
    const value = parent[key];
    return value === undefined || value === null ? {} : this.mapping(value, key);
  }

  optionalText(parent: Mapping, key: string, path: string): string | undefined {
    const value = parent[key];
    if (value === undefined || typeof value === 'string') return value;
    throw this.error(`${path}.${key} is not text`);
  }

  level(parent: Mapping, path: string): LogLevel | undefined {
    const name = this.optionalText(parent, 'level', path);
    const level = name === undefined ? undefined : parseLevel(name);
    if (name === undefined || level !== undefined) return level;
    throw this.error(`${path}.level: ${name} is none of ${Object.values(levelNames).join(', ')}`);
  }

  ignoreOthers(parent: Mapping, prefix: string, known: readonly string[]): void {
    for (const key of Object.keys(parent)) {
      if (!known.includes(key)) this.warnings.push(`${prefix}${key} has no effect`);
    }
  }
}
