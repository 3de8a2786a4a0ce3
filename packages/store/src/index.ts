export type { BuilderStatuses } from './builder-statuses.js';
export { checkRecord } from './check-record.js';
export * from './errors.js';
export { assertImageData, type ImageData, type ImageDataMap } from './image-data.js';
export type { ImageHistory } from './image-history.js';
export type { LeaseCache, LeaseChange, LeaseStore, NewLease } from './leases.js';
export { historyPath, roots } from './paths.js';
export { openStore, type StoreOptions } from './store.js';
export type * from './types.js';
