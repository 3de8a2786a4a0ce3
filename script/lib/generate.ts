// Writes what is derived from the sources: docs/reference/. With --check, fails when a file is stale.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toJsonSchema, toReferencePage } from '@nodepool/config';
import { drivers } from '@nodepool/driver-registry';
import { openApiDocument } from '@nodepool/web';
import { toErrorPage } from './error-codes.js';
import { toMetricsPage } from './metrics.js';

const files: Readonly<Record<string, string>> = {
  'docs/reference/nodepool.schema.json': `${JSON.stringify(toJsonSchema(drivers), null, 2)}\n`,
  'docs/reference/configuration.md': toReferencePage(drivers),
  'docs/reference/errors.md': toErrorPage(),
  // Without the number of a release: the file changes when the API does.
  'docs/reference/openapi.json': `${JSON.stringify(openApiDocument('v1'), null, 2)}\n`,
  'docs/reference/metrics.md': toMetricsPage(),
};

const check = process.argv.includes('--check');
for (const [file, content] of Object.entries(files)) {
  const present = await readFile(file, 'utf8').catch(() => undefined);
  if (present === content) continue;
  if (check) {
    process.stderr.write(`${file} is stale: run script/generate\n`);
    process.exitCode = 1;
  } else {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    process.stdout.write(`wrote ${file}\n`);
  }
}
