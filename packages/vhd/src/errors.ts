/** Codes of this package; `cause` carries what lies beneath. */
export const vhdErrorCodes = {
  VHD_SOURCE_UNUSABLE: 'the raw image cannot be read, is empty, or is no regular file',
  VHD_SOURCE_CHANGED: 'the raw image was written to while it was read',
  VHD_TARGET_UNUSABLE: 'the file could not be written',
  VHD_TOO_LARGE: 'the image is larger than the format can hold',
  VHD_NOT_A_VHD: 'the file has neither a footer at its end nor a copy of one at its start',
  VHD_UNREADABLE: 'the file is missing or cannot be read',
  VHD_BROKEN: 'the structures of the file contradict each other or lie outside of it',
  VHD_CALLED_OFF: 'the work was called off; nothing of it is left',
} as const;

export type VhdErrorCode = keyof typeof vhdErrorCodes;

export class VhdError extends Error {
  readonly code: VhdErrorCode;

  /** @param message what was being attempted, with the path. */
  constructor(code: VhdErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'VhdError';
    this.code = code;
  }
}

/** Whether `error` is one of this package with the given code. */
export function isVhdError(error: unknown, code: VhdErrorCode): boolean {
  return error instanceof VhdError && error.code === code;
}
