export { fourLetterWord, serverRole } from '../server/index.js';
export * from './certificates.js';
export * from './ensemble.js';
export * from './proxy.js';
export * from './server.js';
