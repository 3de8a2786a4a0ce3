export * from './checks.js';
export * from './common.js';
export * from './convert.js';
export * from './openstack-like.js';
export * from './values.js';
