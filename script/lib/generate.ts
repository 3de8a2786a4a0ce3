// Writes what is derived from the sources: docs/reference/ and the manual pages. With --check, fails when a file is stale.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { manPages } from '@nodepool/cli';
import { toJsonSchema, toReferencePage } from '@nodepool/config';
import { drivers } from '@nodepool/driver-registry';
import { openApiDocument } from '@nodepool/web';
import { toErrorPage } from './error-codes.js';
import { toMetricsPage } from './metrics.js';

const manual = 'packages/cli/man';

const files: Readonly<Record<string, string>> = {
  'docs/reference/nodepool.schema.json': `${JSON.stringify(toJsonSchema(drivers), null, 2)}\n`,
  'docs/reference/configuration.md': toReferencePage(drivers),
  'docs/reference/errors.md': toErrorPage(),
  // Without the number of a release: the file changes when the API does.
  'docs/reference/openapi.json': `${JSON.stringify(openApiDocument('v1'), null, 2)}\n`,
  'docs/reference/metrics.md': toMetricsPage(),
  ...Object.fromEntries([...manPages()].map(([name, text]) => [`${manual}/${name}`, text])),
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
for (const name of await readdir(manual).catch(() => [])) {
  const file = `${manual}/${name}`;
  if (file in files) continue;
  if (check) {
    process.stderr.write(`${file} is of a command that is gone: run script/generate\n`);
    process.exitCode = 1;
  } else {
    await rm(file);
    process.stdout.write(`removed ${file}\n`);
  }
}
