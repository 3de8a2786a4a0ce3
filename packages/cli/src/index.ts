export { cliErrorCodes } from './errors.js';
