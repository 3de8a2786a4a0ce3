export { fourLetterWord, serverRole } from '../server/index.js';
export * from './ensemble.js';
export * from './server.js';
