import { NodepoolError } from '@nodepool/runtime';

/** Codes of this package. */
export const standaloneErrorCodes = {
  NP_PREREQUISITE_MISSING: 'a program that is needed is not installed',
  NP_ZOOKEEPER_FAILED: 'the ZooKeeper server of this data directory does not run',
  NP_DATA_DIR_IN_USE: 'another process runs on this data directory',
} as const;

export type StandaloneErrorCode = keyof typeof standaloneErrorCodes;

export class StandaloneError extends NodepoolError {
  declare readonly code: StandaloneErrorCode;

  constructor(code: StandaloneErrorCode, detail: string, options?: ErrorOptions) {
    super(code, `${standaloneErrorCodes[code]}: ${detail}`, options);
    this.name = 'StandaloneError';
  }
}
