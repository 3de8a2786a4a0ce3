import { NodepoolError } from '@nodepool/runtime';

/** Why a launcher does not start. */
export const launcherErrorCodes = {
  NP_MODEL_API:
    'every component that is registered writes a newer schema than this one knows: install the release of the others',
} as const;

export class LauncherError extends NodepoolError {
  declare readonly code: keyof typeof launcherErrorCodes;

  constructor(code: keyof typeof launcherErrorCodes, attempted: string) {
    super(code, `${attempted}: ${launcherErrorCodes[code]}`);
    this.name = 'LauncherError';
  }
}
