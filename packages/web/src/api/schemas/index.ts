export * from './capacity.js';
export * from './common.js';
export * from './event.js';
export * from './explanation.js';
export * from './image.js';
export * from './lease.js';
export * from './node.js';
export * from './request.js';
