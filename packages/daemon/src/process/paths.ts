import { join, resolve } from 'node:path';

/** Where relative paths and `~` point to. */
export interface PathBase {
  readonly cwd: string;
  /** Undefined leaves `~` as it is. */
  readonly home: string | undefined;
}

/** An absolute path, with a leading `~` replaced by the home directory. */
export function expandPath(path: string, { cwd, home }: PathBase): string {
  if (home !== undefined && (path === '~' || path.startsWith('~/'))) return join(home, path.slice(1));
  return resolve(cwd, path);
}
