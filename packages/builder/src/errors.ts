import { NodepoolError } from '@nodepool/runtime';

/** Codes of this package. */
export const builderErrorCodes = {
  NP_IMAGES_DIR_UNUSABLE: 'the images directory is not configured, cannot be used, or belongs to a running builder',
  NP_BUILD_FAILED: 'the image build did not produce what it should have',
  NP_HOOK_FAILED: 'the post-upload hook did not exit with 0',
  NP_GATE_REFUSED:
    'a machine booted from the image did not answer, or did not pass the command or script of `validate`',
  NP_GATE_IMPOSSIBLE: 'no machine could be had to validate an image; it is not used',
  NP_UPLOAD_UNWANTED: 'the build was deleted or taken back while it was uploaded',
  NP_PROTECTED: 'the two newest ready builds and uploads are never deleted without an explicit command',
  NP_BAD_COMMAND: 'the command line cannot be split into words',
} as const;

export type BuilderErrorCode = keyof typeof builderErrorCodes;

export class BuilderError extends NodepoolError {
  declare readonly code: BuilderErrorCode;

  constructor(code: BuilderErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.name = 'BuilderError';
  }
}
