export { startBuilder } from './builder.js';
export { type ConversionOptions, convertBuild } from './conversion/convert.js';
export { declareBuilderMetrics } from './declare-metrics.js';
export { BuilderError, type BuilderErrorCode, builderErrorCodes } from './errors.js';
export type * from './types.js';
