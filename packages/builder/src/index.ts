export { startBuilder } from './builder.js';
export { BuilderError, type BuilderErrorCode, builderErrorCodes } from './errors.js';
export { DriverProviders } from './provider-source.js';
export type * from './types.js';
