export * from './ensemble.js';
export { fourLetterWord, serverRole } from './four-letter.js';
export * from './server.js';
