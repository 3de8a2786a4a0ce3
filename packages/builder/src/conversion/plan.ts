import { basename } from 'node:path';
import type { DiskimageConfig } from '@nodepool/config';
import type { VhdSubformat } from '@nodepool/vhd';
import { splitCommand } from '../build-process/split-command.js';

/** Formats that are made here of a raw image. */
export type OwnFormat = 'qcow2' | 'vhd';

/** Who makes what of one build. */
export interface ConversionPlan {
  /** What the command is asked for. */
  readonly commandFormats: readonly string[];
  /** Whether the command writes checksums; otherwise all are written here. */
  readonly commandChecksums: boolean;
  readonly ownFormats: readonly OwnFormat[];
  readonly vhdSubformat: VhdSubformat;
  /** Whether the raw image goes when everything was made of it. */
  readonly removeRaw: boolean;
}

export interface ConversionNeeds {
  readonly diskimage: Pick<DiskimageConfig, 'conversion' | 'dibCmd'>;
  readonly formats: readonly string[];
  readonly vhdSubformat: VhdSubformat;
  /** Whether disk-image-create would find the tool that it makes VHDs with. */
  readonly hasVhdUtil: boolean;
}

/**
 * What the command makes and what is made here. A program of the operator's own is trusted to make what it is asked for,
 * as ever; disk-image-create is known to need a patched `vhd-util`, which makes dynamic VHDs alone.
 */
export function planConversion(needs: ConversionNeeds): ConversionPlan {
  const { formats, vhdSubformat } = needs;
  const ownFormats = chooseOwnFormats(needs);
  if (ownFormats.length === 0 && needs.diskimage.conversion !== 'nodepool') {
    return { commandFormats: formats, commandChecksums: true, ownFormats, vhdSubformat, removeRaw: false };
  }
  const others = formats.filter((format) => format !== 'raw' && !isOwn(ownFormats, format));
  return {
    commandFormats: [...others, 'raw'],
    commandChecksums: false,
    ownFormats,
    vhdSubformat,
    removeRaw: !formats.includes('raw'),
  };
}

/** Whether looking for `vhd-util` can change the plan. */
export function dependsOnVhdUtil({ diskimage, formats, vhdSubformat }: Omit<ConversionNeeds, 'hasVhdUtil'>): boolean {
  const isOpen = diskimage.conversion === 'auto' && formats.includes('vhd') && vhdSubformat === 'dynamic';
  return isOpen && runsImageCreate(diskimage.dibCmd);
}

function chooseOwnFormats({ diskimage, formats, vhdSubformat, hasVhdUtil }: ConversionNeeds): readonly OwnFormat[] {
  switch (diskimage.conversion) {
    case 'dib-cmd':
      return [];
    case 'nodepool':
      return formats.filter((format) => format === 'qcow2' || format === 'vhd');
    case 'auto': {
      const canCommand = hasVhdUtil && vhdSubformat === 'dynamic';
      return formats.includes('vhd') && runsImageCreate(diskimage.dibCmd) && !canCommand ? ['vhd'] : [];
    }
  }
}

function isOwn(ownFormats: readonly OwnFormat[], format: string): boolean {
  return (ownFormats as readonly string[]).includes(format);
}

/** Whether the command is, or starts, disk-image-create itself. */
function runsImageCreate(dibCmd: string): boolean {
  return splitCommand(dibCmd).some((word) => basename(word) === 'disk-image-create');
}
