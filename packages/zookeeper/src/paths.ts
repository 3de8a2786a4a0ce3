import { ZooKeeperError } from './errors.js';

/**
 * @param sequential the server appends digits, so the last name may be empty: `/queue/`.
 * @throws ZooKeeperError `ZK_BAD_ARGUMENTS` for a path that the server would refuse.
 */
export function checkPath(path: string, sequential = false): void {
  const complete = sequential ? `${path}0` : path;
  if (complete === '/') return;
  const names = complete.startsWith('/') ? complete.slice(1).split('/') : [''];
  for (const name of names) {
    if (name === '' || name === '.' || name === '..' || name.includes('\0')) {
      throw new ZooKeeperError('ZK_BAD_ARGUMENTS', { path, detail: 'not a valid path' });
    }
  }
}

/** The path of the parent; `/` for itself. */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function joinPath(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

/** True for `root` itself and everything beneath. */
export function isWithin(root: string, path: string): boolean {
  return root === '/' || path === root || (path.startsWith(root) && path[root.length] === '/');
}
