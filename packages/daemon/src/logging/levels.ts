/** Levels of the runtime's logger, from the most talkative. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof logLevels)[number];

/** As lines show them, and as logging configurations may spell them. */
export const levelNames: Readonly<Record<LogLevel, string>> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
};

const spellings: ReadonlyMap<string, LogLevel> = new Map([
  ['NOTSET', 'debug'],
  ['DEBUG', 'debug'],
  ['INFO', 'info'],
  ['WARN', 'warn'],
  ['WARNING', 'warn'],
  ['ERROR', 'error'],
  ['CRITICAL', 'error'],
  ['FATAL', 'error'],
]);

/** The level of that name in any case, or undefined. */
export function parseLevel(name: string): LogLevel | undefined {
  return spellings.get(name.toUpperCase());
}

/** True when something of `level` passes a threshold. */
export function passes(level: LogLevel, threshold: LogLevel): boolean {
  return logLevels.indexOf(level) >= logLevels.indexOf(threshold);
}
