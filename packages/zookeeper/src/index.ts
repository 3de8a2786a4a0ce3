export * from './errors.js';
export type * from './lock-types.js';
export * from './types.js';
