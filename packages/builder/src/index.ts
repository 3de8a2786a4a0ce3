export { startBuilder } from './builder.js';
export { BuilderError, type BuilderErrorCode, builderErrorCodes } from './errors.js';
export type * from './types.js';
