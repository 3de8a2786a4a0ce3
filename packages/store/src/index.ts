export * from './errors.js';
export { openStore, type StoreOptions } from './store.js';
export type * from './types.js';
