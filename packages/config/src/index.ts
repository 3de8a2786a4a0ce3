export { ConfigError, type ConfigErrorCode, configErrorCodes } from './errors.js';
export { type Finding, type FindingCode, findingCodes, formatFinding, type Severity } from './finding.js';
export { type ConfigFile, checkConfig, type LoadedConfig, type LoadOptions, loadConfig } from './load.js';
export type { ReadConfigFile, ReadFileResult } from './read-file.js';
export type { MissingZooKeeper } from './rules/index.js';
export { buildConfigSchema } from './schema/file.js';
export type { ConfigDriver } from './schema/providers.js';
export type * from './types.js';
