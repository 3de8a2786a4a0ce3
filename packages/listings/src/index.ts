export * from './age.js';
export * from './connection-rows.js';
export * from './image-rows.js';
export * from './listing.js';
export * from './node-rows.js';
export * from './order.js';
export * from './request-rows.js';
export * from './table.js';
