export type * from './api/types.js';
export { type Asset, readSite } from './site.js';
