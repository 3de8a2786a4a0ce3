/** Maps the paths of a client to those of the server and back. */
export interface PathMap {
  toServer(path: string): string;
  fromServer(path: string): string;
}

/** @param chroot '' for the root. */
export function pathMap(chroot: string): PathMap {
  if (chroot === '') return { toServer: (path) => path, fromServer: (path) => path };
  return {
    toServer: (path) => (path === '/' ? chroot : chroot + path),
    fromServer: (path) => (path.length === chroot.length ? '/' : path.slice(chroot.length)),
  };
}
