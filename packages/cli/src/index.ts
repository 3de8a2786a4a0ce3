export { cliErrorCodes } from './errors.js';
export { manPages } from './man/pages.js';
