export { cliErrorCodes } from './errors.js';
export * from './output/listing.js';
export * from './rows/image-rows.js';
export * from './rows/node-rows.js';
export * from './rows/request-rows.js';
