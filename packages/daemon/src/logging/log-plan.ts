import type { LogLevel } from './levels.js';

export type LogFormat = 'classic' | 'json';

/** Where lines go. */
export type LogTarget =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'stderr' }
  /** Re-opened when it is renamed or removed. */
  | { readonly kind: 'file'; readonly path: string };

export interface LogHandler {
  readonly target: LogTarget;
  readonly format: LogFormat;
  /** Least level that it takes. */
  readonly level: LogLevel;
}

/** What one logger, and those below it by dots in their names, does. */
export interface LoggerPlan {
  /** Undefined takes that of the logger above. */
  readonly level: LogLevel | undefined;
  /** Names of handlers, besides those of the logger above. */
  readonly handlers: readonly string[];
  /** False: the handlers above get nothing of it. */
  readonly propagate: boolean;
}

/** Which lines go where. */
export interface LogPlan {
  readonly handlers: ReadonlyMap<string, LogHandler>;
  readonly root: { readonly level: LogLevel; readonly handlers: readonly string[] };
  readonly loggers: ReadonlyMap<string, LoggerPlan>;
}

/** How a program runs. Source: docs/compatibility/interfaces.md section 5. */
export type LogMode = 'daemon' | 'foreground' | 'debug' | 'cli' | 'cli-debug';

/** Loggers of which the command shows warnings only. */
const quietInCommands = ['nodepool.zk', 'nodepool.Component', 'nodepool.ComponentRegistry'];

/** The plan of a program that was given no logging configuration. */
export function defaultPlan(
  mode: LogMode,
  options: {
    readonly file?: string | undefined;
    readonly format?: LogFormat | undefined;
    readonly level?: LogLevel | undefined;
  },
): LogPlan {
  const isTalkative = mode === 'debug' || mode === 'cli-debug';
  const quiet: LoggerPlan = { level: 'warn', handlers: [], propagate: true };
  return {
    handlers: new Map([
      ['default', { target: targetOf(mode, options.file), format: options.format ?? 'classic', level: 'debug' }],
    ]),
    root: { level: options.level ?? (isTalkative ? 'debug' : 'info'), handlers: ['default'] },
    loggers: new Map(mode === 'cli' ? quietInCommands.map((name) => [name, quiet]) : []),
  };
}

function targetOf(mode: LogMode, file: string | undefined): LogTarget {
  if (mode === 'cli' || mode === 'cli-debug') return { kind: 'stderr' };
  return mode === 'daemon' && file !== undefined ? { kind: 'file', path: file } : { kind: 'stdout' };
}

/** The level of a logger and the handlers that get its lines. */
export interface Route {
  readonly level: LogLevel;
  readonly handlers: readonly string[];
}

/** Follows a logger's name upwards, as Python's loggers do: the nearest level counts, handlers add up. */
export function routeOf(plan: LogPlan, logger: string): Route {
  const handlers = new Set<string>();
  let level: LogLevel | undefined;
  let propagates = true;
  for (let name = logger; name !== '' && propagates; name = parentOf(name)) {
    const own = plan.loggers.get(name);
    level ??= own?.level;
    for (const handler of own?.handlers ?? []) handlers.add(handler);
    propagates = own?.propagate ?? true;
  }
  if (propagates) for (const handler of plan.root.handlers) handlers.add(handler);
  return { level: level ?? plan.root.level, handlers: [...handlers] };
}

function parentOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(0, dot);
}
