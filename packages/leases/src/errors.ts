import { NodepoolError } from '@nodepool/runtime';

/** Codes of this package: why a call about a lease was refused. */
export const leaseErrorCodes = {
  NP_LEASE_UNKNOWN: 'there is no such lease, or it belongs to another token',
  NP_LEASE_OVER: 'the lease has ended; its machines are given back',
  NP_LEASE_BUSY: 'somebody else works on the lease or on one of its machines; call again',
  NP_LEASE_KEY: 'the idempotency key was used before, for other machines',
  NP_LEASE_LABEL: 'no running pool offers the label',
  NP_LEASE_LIMIT: 'the token would have more leases or machines than it may have at once',
} as const;

export type LeaseErrorCode = keyof typeof leaseErrorCodes;

export class LeaseError extends NodepoolError {
  declare readonly code: LeaseErrorCode;

  /** @param detail for the caller: what to do about it. */
  constructor(code: LeaseErrorCode, detail: string, options?: ErrorOptions) {
    super(code, detail, options);
    this.name = 'LeaseError';
  }
}
