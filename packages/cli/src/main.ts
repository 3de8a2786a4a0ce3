import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Kept beside the code: whoever could put something else there could change the code as well.
enableCompileCache(fileURLToPath(new URL('.compile-cache', import.meta.url)));

const { start } = await import('./start.js');
await start();
