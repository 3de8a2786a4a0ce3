import { NodepoolError } from '@nodepool/runtime';

/** Codes of the host check. */
export const hostCheckErrorCodes = {
  NP_HOST_UNREACHABLE: 'the machine did not answer within boot-timeout',
} as const;

export class HostCheckError extends NodepoolError {
  declare readonly code: keyof typeof hostCheckErrorCodes;

  constructor(where: string, options?: ErrorOptions) {
    super('NP_HOST_UNREACHABLE', `checking ${where}: ${hostCheckErrorCodes.NP_HOST_UNREACHABLE}`, options);
    this.name = 'HostCheckError';
  }
}
