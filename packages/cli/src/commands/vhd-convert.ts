import { writeFile } from 'node:fs/promises';
import { renderData } from '@nodepool/listings';
import type { Converted } from '@nodepool/vhd';
import type { CommandContext, DefineCommand } from '../command.js';
import { type FormatOptions, formatOption } from '../format-option.js';
import { openProgressLine, type Terminal } from './vhd-progress.js';

interface ConvertFlags extends FormatOptions {
  readonly fixed: boolean;
  readonly checksum: boolean;
}

export const defineVhdConvert: DefineCommand = (program, run) => {
  program
    .command('convert')
    .description('make a VHD of a raw image: dynamic, as XenServer and Rackspace take it')
    .argument('<raw>', 'the raw image')
    .argument('<vhd>', 'the file to write; replaced when it exists')
    .option('--fixed', 'fixed instead, in whole MiB, as Azure takes it', false)
    .option('--checksum', 'write <vhd>.md5 and <vhd>.sha256 too', false)
    .addOption(formatOption())
    .action((raw: string, vhd: string, flags: ConvertFlags) =>
      run((context) => convert(context, raw, vhd, flags, process.stderr)),
    );
};

const checksums = ['md5', 'sha256'] as const;

async function convert(
  context: CommandContext,
  source: string,
  target: string,
  { fixed, checksum, format }: ConvertFlags,
  terminal: Terminal,
): Promise<number> {
  const { convertRawToVhd, progressText } = await import('@nodepool/vhd');
  const subformat = fixed ? 'fixed' : 'dynamic';
  const progress = openProgressLine(terminal, context.clock, progressText);
  let converted: Converted;
  try {
    converted = await convertRawToVhd({
      source,
      target,
      subformat,
      hashes: checksum ? checksums : [],
      signal: context.signal,
      onProgress: progress.show,
    });
  } finally {
    progress.clear();
  }
  const { fileBytes, diskBytes, uuid, hashes } = converted;
  for (const [name, digest] of hashes) await writeFile(`${target}.${name}`, `${digest}  ${target}\n`);
  const result = { path: target, type: subformat, disk_bytes: diskBytes, file_bytes: fileBytes, uuid };
  context.print(
    format === 'table'
      ? `${target}: ${subformat} VHD, disk of ${diskBytes} bytes, file of ${fileBytes} bytes`
      : await renderData({ ...result, ...Object.fromEntries(hashes) }, format),
  );
  return 0;
}
