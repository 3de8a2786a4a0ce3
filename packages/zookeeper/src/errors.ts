/** Codes of this package; `cause` carries what lies beneath. */
export const zooKeeperErrorCodes = {
  ZK_CONNECTION_LOSS: 'the connection was cut before the answer came; whether the request was carried out is unknown',
  ZK_SESSION_EXPIRED: 'the server has ended the session',
  ZK_CLOSED: 'the client was closed',
  ZK_NO_NODE: 'the znode does not exist',
  ZK_NODE_EXISTS: 'the znode exists already',
  ZK_BAD_VERSION: 'the znode was changed since it was read',
  ZK_NOT_EMPTY: 'the znode has children',
  ZK_NO_CHILDREN_FOR_EPHEMERALS: 'an ephemeral znode cannot have children',
  ZK_NO_AUTH: 'the access control list forbids it',
  ZK_AUTH_FAILED: 'the server refused the credentials',
  ZK_BAD_ARGUMENTS: 'the server found the arguments wrong',
  ZK_PROTOCOL: 'the server sent something that is no answer of the protocol',
  ZK_UNREACHABLE: 'no server of the connect string could be reached in time',
  ZK_LOCK_LOST: 'the lock can no longer be proved',
  ZK_SERVER: 'the server reported another error',
} as const;

export type ZooKeeperErrorCode = keyof typeof zooKeeperErrorCodes;

export class ZooKeeperError extends Error {
  readonly code: ZooKeeperErrorCode;
  readonly path: string | undefined;
  /** Place of the operation that failed in a multi. */
  readonly failedOp: number | undefined;

  constructor(
    code: ZooKeeperErrorCode,
    options: {
      readonly path?: string | undefined;
      readonly failedOp?: number;
      readonly detail?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    const where = options.path === undefined ? '' : ` (${options.path})`;
    const detail = options.detail === undefined ? '' : `: ${options.detail}`;
    super(`${zooKeeperErrorCodes[code]}${detail}${where}`, { cause: options.cause });
    this.name = 'ZooKeeperError';
    this.code = code;
    this.path = options.path;
    this.failedOp = options.failedOp;
  }
}

/** True for an error of this package with one of `codes`. */
export function isZooKeeperError(error: unknown, ...codes: readonly ZooKeeperErrorCode[]): error is ZooKeeperError {
  return error instanceof ZooKeeperError && (codes.length === 0 || codes.includes(error.code));
}
