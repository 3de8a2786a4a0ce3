import { buildCodec } from './codec/build.js';
import { decodeComponent } from './codec/component.js';
import { leaseCodec } from './codec/lease.js';
import { nodeCodec } from './codec/node.js';
import { isUnreadable } from './codec/record.js';
import { requestCodec } from './codec/request.js';
import { uploadCodec } from './codec/upload.js';
import { lockName, parseImagePath, roots } from './paths.js';

type Decode = (path: string, data: Uint8Array, stat: typeof anyStat) => object;

/** Nothing of it decides whether data can be read. */
const anyStat = {
  czxid: 0n,
  mzxid: 0n,
  pzxid: 0n,
  ctimeMs: 0,
  mtimeMs: 0,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0n,
  dataLength: 0,
  numChildren: 0,
};

/**
 * Whether `data` would be a valid record at `path`.
 *
 * @returns why not, in one clause; undefined when it is, and for every path that holds no record.
 */
export function checkRecord(path: string, data: Uint8Array): string | undefined {
  if (path.startsWith(`${roots.components}/`)) {
    const isRecord = path.slice(roots.components.length).split('/').length === 3;
    return isRecord && decodeComponent(data) === undefined ? 'no component' : undefined;
  }
  const decoded = decodeAt(path)?.(path, data, anyStat);
  return decoded !== undefined && isUnreadable(decoded) ? decoded.reason : undefined;
}

function decodeAt(path: string): Decode | undefined {
  if (isChildOf(path, roots.nodes)) return (...read) => nodeCodec.decode(...read);
  if (isChildOf(path, roots.requests)) return (...read) => requestCodec.decode(...read);
  if (isChildOf(path, roots.leases)) return (...read) => leaseCodec.decode(...read);
  switch (parseImagePath(path)?.kind) {
    case 'build':
      return (...read) => buildCodec.decode(...read);
    case 'upload':
      return (...read) => uploadCodec.decode(...read);
    default:
      return undefined;
  }
}

function isChildOf(path: string, root: string): boolean {
  const name = path.slice(root.length + 1);
  return path.startsWith(`${root}/`) && name !== lockName && !name.includes('/');
}
