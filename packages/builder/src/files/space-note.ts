import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskimageConfig } from '@nodepool/config';

/** Builds that are made in the same way, in the same place. */
export interface SpaceKey {
  readonly imagesDir: string;
  readonly image: string;
  readonly formats: readonly string[];
  readonly conversion: DiskimageConfig['conversion'];
}

const folder = '.space';

/**
 * Remembers what a good build took, for the next one; forgets images that are not configured.
 *
 * @param bytes in images-dir when everything was there, what is removed in the end included.
 */
export async function writeSpaceNote(
  key: SpaceKey,
  bytes: number,
  isConfigured: (image: string) => boolean,
): Promise<void> {
  const dir = join(key.imagesDir, folder);
  await mkdir(dir, { recursive: true });
  const path = join(dir, `${key.image}.json`);
  await writeFile(`${path}.new`, JSON.stringify({ made: madeAs(key), bytes }));
  await rename(`${path}.new`, path);
  const images = (await readdir(dir)).filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5));
  const strangers = images.filter((image) => !isConfigured(image));
  await Promise.all(strangers.map((image) => rm(join(dir, `${image}.json`), { force: true })));
}

/** Bytes that the last good build took; 0 when none is known that was made in the same way. */
export async function notedBytes(key: SpaceKey): Promise<number> {
  const text = await readFile(join(key.imagesDir, folder, `${key.image}.json`), 'utf8').catch(() => '{}');
  const note = parse(text);
  return note['made'] === madeAs(key) && typeof note['bytes'] === 'number' ? note['bytes'] : 0;
}

function madeAs({ formats, conversion }: SpaceKey): string {
  return `${formats.join()} by ${conversion}`;
}

/** Empty for a file that somebody has damaged. */
function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
