export * from './errors.js';
export * from './logging/index.js';
export * from './open-config.js';
export * from './open-provider.js';
export * from './open-store.js';
export * from './process/index.js';
