export { createLogger, type LoggerOptions, type RootLogger } from './create-logger.js';
export { type LogLevel, parseLevel } from './levels.js';
export {
  defaultPlan,
  type LogFormat,
  type LoggerPlan,
  type LogHandler,
  type LogMode,
  type LogPlan,
  type LogTarget,
} from './log-plan.js';
export { readLogConfig } from './read-log-config.js';
