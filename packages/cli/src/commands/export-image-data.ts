import type { CommandContext, DefineCommand } from '../command.js';
import { writeWhole } from '../write-whole.js';

interface ExportOptions {
  readonly dryRun: boolean;
}

export const defineExportImageData: DefineCommand = (program, run) => {
  program
    .command('export-image-data')
    .description('write what ZooKeeper holds of images to a file, for import-image-data')
    .argument('<path>', 'file to write; nobody else may read it')
    .option('--dry-run', 'say what would be written', false)
    .action((path: string, options: ExportOptions) => run((context) => exportData(context, path, options)));
};

async function exportData(context: CommandContext, path: string, { dryRun }: ExportOptions): Promise<number> {
  const { imageData } = await context.store();
  const data = await imageData.export();
  if (dryRun) context.print(Object.keys(data).sort().join('\n'));
  else await writeWhole(path, JSON.stringify(data), 0o600);
  return 0;
}
