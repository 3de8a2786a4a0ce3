import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Kept beside the code: whoever could put something else there could change the code as well.
enableCompileCache(fileURLToPath(new URL('.compile-cache', import.meta.url)));

// What is run may be a bundle: errors are to name the lines of the sources. Costs time, and few look at them.
if (process.argv.includes('--debug')) process.setSourceMapsEnabled(true);

const { start } = await import('./start.js');
await start();
