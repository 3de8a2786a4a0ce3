import { fileURLToPath } from 'node:url';

/** The folder of this package, whether it runs from sources or built. */
export const packageDir = fileURLToPath(new URL('..', import.meta.url));
