export type * from './config.js';
export * from './decorators/index.js';
export * from './driver.js';
export * from './errors.js';
export * from './schema/index.js';
