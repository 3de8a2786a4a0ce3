export * from './command.js';
export * from './four-letter.js';
export * from './ports.js';
