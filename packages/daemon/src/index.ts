export * from './errors.js';
export * from './logging/index.js';
