export * from './checks.js';
export * from './common.js';
export * from './convert.js';
export { imageGateSetting } from './image-gate.js';
export * from './openstack-like.js';
export * from './values.js';
