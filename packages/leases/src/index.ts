export { LeaseError, type LeaseErrorCode, leaseErrorCodes } from './errors.js';
export { LeaseKeeper, type LeaseKeeperDeps } from './keeper/lease-keeper.js';
export { leaseComment } from './machines.js';
export type { LeaseWish } from './service/ask.js';
export { LeaseService, type LeaseServiceDeps, type Lessee } from './service/lease-service.js';
