import { fileURLToPath } from 'node:url';

/** Folder of this package, the same for sources and compiled files. */
export const packageDir = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
