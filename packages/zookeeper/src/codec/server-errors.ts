import { ZooKeeperError, type ZooKeeperErrorCode } from '../errors.js';

/** Codes of the server's answers. Source: ZooKeeper 3.8, `KeeperException.Code`. */
export const serverErrors = { ok: 0, runtimeInconsistency: -2, noNode: -101, noWatcher: -121 } as const;

const codes: ReadonlyMap<number, ZooKeeperErrorCode> = new Map([
  [-4, 'ZK_CONNECTION_LOSS'],
  [-8, 'ZK_BAD_ARGUMENTS'],
  [-101, 'ZK_NO_NODE'],
  [-102, 'ZK_NO_AUTH'],
  [-103, 'ZK_BAD_VERSION'],
  [-108, 'ZK_NO_CHILDREN_FOR_EPHEMERALS'],
  [-110, 'ZK_NODE_EXISTS'],
  [-111, 'ZK_NOT_EMPTY'],
  [-112, 'ZK_SESSION_EXPIRED'],
  [-114, 'ZK_BAD_ARGUMENTS'],
  [-115, 'ZK_AUTH_FAILED'],
  // The session is served by another server by now, and this connection is about to be cut.
  [-118, 'ZK_CONNECTION_LOSS'],
]);

/** The error for a code of the server that is not 0. */
export function serverError(code: number, path: string | undefined, failedOp?: number): ZooKeeperError {
  const known = codes.get(code);
  return new ZooKeeperError(known ?? 'ZK_SERVER', {
    path,
    ...(known === undefined ? { detail: `code ${code}` } : {}),
    ...(failedOp === undefined ? {} : { failedOp }),
  });
}
