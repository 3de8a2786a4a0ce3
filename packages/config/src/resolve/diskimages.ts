import { type Diskimage, diskimageDefaults } from '../schema/diskimage.js';
import type { SecureFile } from '../schema/secure.js';
import type { DiskimageConfig } from '../types.js';

/**
 * Merges parents into their children and the secure variables into both, and leaves the abstract images out.
 *
 * Source: docs/compatibility/config.md section 4.
 *
 * @param images free of cycles and unknown parents.
 */
export function resolveDiskimages(
  images: readonly Diskimage[],
  secure: SecureFile['diskimages'],
): ReadonlyMap<string, DiskimageConfig> {
  const byName = new Map(images.map((image) => [image.name, image]));
  const secrets = new Map(secure.map((image) => [image.name, image.secretEnvVars]));
  return new Map(
    images
      .filter((image) => !image.abstract)
      .map((image) => {
        const merged = ancestors(image, byName).reduce(merge, noSettings(image.name));
        return [image.name, { ...merged, secretEnvVars: secrets.get(image.name) ?? {} }];
      }),
  );
}

function ancestors(image: Diskimage, byName: ReadonlyMap<string, Diskimage>): readonly Diskimage[] {
  const line = [image];
  for (let parent = image.parent; parent !== undefined; parent = byName.get(parent)?.parent) {
    const found = byName.get(parent);
    if (found !== undefined) line.unshift(found);
  }
  return line;
}

function noSettings(name: string): DiskimageConfig {
  return {
    name,
    elements: [],
    envVars: {},
    secretEnvVars: {},
    formats: [],
    keepFormats: [],
    deleteAfterUpload: false,
    pause: false,
    shellType: null,
    metadata: {},
    validate: undefined,
    ...diskimageDefaults,
  };
}

/** Empty texts, empty lists and 0 leave what is there; `delete-after-upload: false` counts, `pause: false` does not. */
function merge(base: DiskimageConfig, own: Diskimage): DiskimageConfig {
  return {
    name: base.name,
    elements: [...base.elements, ...own.elements],
    envVars: { ...base.envVars, ...own.envVars },
    secretEnvVars: base.secretEnvVars,
    formats: own.formats.length > 0 ? distinct(own.formats) : base.formats,
    keepFormats: own.keepFormats.length > 0 ? distinct(own.keepFormats) : base.keepFormats,
    deleteAfterUpload: own.deleteAfterUpload ?? base.deleteAfterUpload,
    dibCmd: own.dibCmd || base.dibCmd,
    release: mergeRelease(base, own),
    rebuildAgeSec: own.rebuildAgeSec || base.rebuildAgeSec,
    buildTimeoutSec: own.buildTimeoutSec || base.buildTimeoutSec,
    pause: own.pause || base.pause,
    username: own.username || base.username,
    pythonPath: own.pythonPath || base.pythonPath,
    shellType: own.shellType || base.shellType,
    conversion: own.conversion ?? base.conversion,
    qcow2Compression: own.qcow2Compression ?? base.qcow2Compression,
    metadata: { ...base.metadata, ...own.metadata },
    validate: own.validate === false ? undefined : (own.validate ?? base.validate),
  };
}

/** A release of 0, which YAML makes of many things, counts as none. */
function mergeRelease(base: DiskimageConfig, { release }: Diskimage): string {
  return release === undefined || release === '' || release === '0' ? base.release : release;
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
