import { readFile } from 'node:fs/promises';
import type { ImageDataMap } from '@nodepool/store';
import type { CommandContext, DefineCommand } from '../command.js';
import { CliError } from '../errors.js';

interface ImportOptions {
  readonly dryRun: boolean;
}

export const defineImportImageData: DefineCommand = (program, run) => {
  program
    .command('import-image-data')
    .description('put back what export-image-data has written, over what is there; stop the builders before')
    .argument('<path>', 'file that export-image-data has written')
    .option('--dry-run', 'check the file, and say what would be written', false)
    .action((path: string, options: ImportOptions) => run((context) => importData(context, path, options)));
};

async function importData(context: CommandContext, path: string, { dryRun }: ImportOptions): Promise<number> {
  const data = parse(await readFile(path, 'utf8'), path);
  const { assertImageData } = await import('@nodepool/store');
  assertImageData(data);
  const store = await context.store();
  if ((await store.components.list('builder')).length > 0) {
    context.warn('a builder is running: it may upload again what is not yet restored; stop it first');
  }
  if (dryRun) context.print(Object.keys(data).sort().join('\n'));
  else await store.imageData.import(data);
  return 0;
}

function parse(text: string, path: string): ImageDataMap {
  const value = parseJson(text);
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isMap && Object.values(value).every((data) => typeof data === 'string')) return value as ImageDataMap;
  throw new CliError(
    'NP_CLI_IMAGE_DATA',
    `${path} is not what export-image-data writes: a JSON object of texts by path`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
