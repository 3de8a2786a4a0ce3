import { cellText, renderData, renderTable } from '@nodepool/listings';
import type { VhdDescription } from '@nodepool/vhd';
import type { CommandContext, DefineCommand } from '../command.js';
import { type FormatOptions, formatOption } from '../format-option.js';

export const defineVhdInfo: DefineCommand = (program, run) => {
  program
    .command('info')
    .description('describe a VHD')
    .argument('<vhd>', 'the file')
    .addOption(formatOption())
    .action((vhd: string, { format }: FormatOptions) => run((context) => showInfo(context, vhd, format)));
};

async function showInfo(context: CommandContext, path: string, format: FormatOptions['format']): Promise<number> {
  const { describeVhd } = await import('@nodepool/vhd');
  const fields = infoFields(await describeVhd(path, { signal: context.signal }));
  const rows = Object.entries(fields).map(([name, value]) => [name.replaceAll('_', ' '), cellText(value)]);
  context.print(format === 'table' ? renderTable(['Property', 'Value'], rows) : await renderData(fields, format));
  return 0;
}

/** Null stands for what a fixed disk does not have. */
function infoFields(vhd: VhdDescription): Readonly<Record<string, string | number | boolean | null>> {
  const { cylinders, heads, sectorsPerTrack } = vhd.geometry;
  return {
    path: vhd.path,
    type: vhd.type,
    disk_bytes: vhd.diskBytes,
    original_bytes: vhd.originalBytes,
    file_bytes: vhd.fileBytes,
    uuid: vhd.uuid,
    created: new Date(vhd.createdAtMs).toISOString(),
    creator: `${vhd.creator.application} ${vhd.creator.version} ${vhd.creator.hostOs}`.trim(),
    geometry: `${cylinders} cylinders, ${heads} heads, ${sectorsPerTrack} sectors`,
    block_bytes: vhd.blocks?.blockBytes ?? null,
    blocks: vhd.blocks?.count ?? null,
    allocated_blocks: vhd.blocks?.allocated ?? null,
    batmap: vhd.blocks?.hasBatmap ?? null,
  };
}
