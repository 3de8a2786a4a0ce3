export { type Asset, readSite } from './site.js';
