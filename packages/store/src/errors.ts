import { NodepoolError } from '@nodepool/runtime';

/** Codes of this package. */
export const storeErrorCodes = {
  NP_LOCK_LOST: 'a lock could no longer be proved; what was being written was not written',
  NP_RECORD_GONE: 'the record was removed meanwhile',
  NP_CONFLICT: 'the record was changed meanwhile, or is still in use',
  NP_RECORD_UNREADABLE: 'the znode holds no valid record',
  NP_IMAGE_DATA: 'no export of image data contains such a path; nothing was imported',
} as const;

export type StoreErrorCode = keyof typeof storeErrorCodes;

export class StoreError extends NodepoolError {
  declare readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, doing: string, options?: ErrorOptions) {
    super(code, `${doing}: ${storeErrorCodes[code]}`, options);
    this.name = 'StoreError';
  }
}
