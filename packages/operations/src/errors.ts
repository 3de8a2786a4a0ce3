import { NodepoolError } from '@nodepool/runtime';

/** Codes of this package: why an operation was refused. */
export const operationErrorCodes = {
  NP_LOCKED: 'another process holds the lock; nothing was changed',
  NP_NODE_UNKNOWN: 'no such node',
  NP_REQUEST_UNKNOWN: 'no such request',
  NP_REQUEST_FULFILLED: 'the request is fulfilled: its requestor gives the nodes back',
  NP_IMAGE_UNKNOWN: 'the image has never been built',
  NP_IMAGE_NOT_BUILDABLE: 'the configuration has no such diskimage, or has it paused',
  NP_IMAGE_UNUSED: 'no build of the image is in use, so there is nothing to go back from',
  NP_ROLLBACK_LEAVES_NOTHING: 'a provider would be left without a ready image',
  NP_BUILD_UNKNOWN: 'no such build',
  NP_UPLOAD_UNKNOWN: 'no such upload',
  NP_IN_PROGRESS: 'the build or upload is under way, so it cannot be deleted',
} as const;

export type OperationErrorCode = keyof typeof operationErrorCodes;

export class OperationError extends NodepoolError {
  declare readonly code: OperationErrorCode;

  /** @param message one line for the operator; says what to do where that is not plain. */
  constructor(code: OperationErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.name = 'OperationError';
  }
}
