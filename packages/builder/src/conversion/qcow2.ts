import type { DiskimageConfig } from '@nodepool/config';

type Compression = DiskimageConfig['qcow2Compression'];

/** What follows `-o` of qemu-img. Some clouds run a qemu that reads nothing newer than the first version of the format. */
export function qcow2Options(compression: Compression): string {
  return compression === 'zstd' ? 'compat=1.1,compression_type=zstd' : 'compat=0.10';
}

/** Arguments of qemu-img that make a qcow2 of a raw image, as disk-image-create does. */
export function qcow2Arguments(compression: Compression, source: string, target: string): readonly string[] {
  const compress = compression === 'none' ? [] : ['-c'];
  return ['convert', ...compress, '-f', 'raw', '-O', 'qcow2', '-o', qcow2Options(compression), source, target];
}
