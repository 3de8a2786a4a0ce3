export * from './deadline.js';
export * from './decorate.js';
export * from './intercept.js';
export * from './metrics.js';
export * from './rate-limit.js';
export * from './retry.js';
export * from './shared-listing.js';
