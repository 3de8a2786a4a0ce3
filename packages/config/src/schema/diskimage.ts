import { imageGateSetting } from '@nodepool/driver-api';
import { z } from 'zod';
import { key, pathName, plainName, textMap } from './keys.js';

const seconds = z.int().min(0);
const format = z.string().regex(/^[A-Za-z0-9]+$/, {
  error: 'a format is a short word such as qcow2, raw or vhd',
});

/** What a diskimage has when neither it nor a parent says otherwise. */
export const diskimageDefaults = {
  dibCmd: 'disk-image-create',
  release: '',
  rebuildAgeSec: 86_400,
  buildTimeoutSec: 28_800,
  username: 'zuul',
  pythonPath: 'auto',
  conversion: 'auto',
  qcow2Compression: 'zlib',
} as const;

/** Who makes the formats of a build of the raw image. */
const conversions = ['auto', 'nodepool', 'dib-cmd'] as const;

const qcow2Compressions = ['zlib', 'zstd', 'none'] as const;

/**
 * One entry of `diskimages`, before its parents are merged in: what is undefined here is left to them.
 *
 * Source: docs/compatibility/config.md section 4.
 */
export const Diskimage = z
  .strictObject({
    name: key(pathName, 'Name of the image; unique.'),
    abstract: key(z.boolean().default(false), 'Only a parent of other images; never built.'),
    parent: key(plainName.optional(), 'Image whose settings this one starts from; may be abstract, may have a parent.'),
    elements: key(
      z.array(z.string()).optional(),
      'Elements of diskimage-builder. Those of the parent come first, these are appended.',
      [],
    ),
    'env-vars': key(
      z.record(z.string(), z.string()).optional(),
      'Environment of the build. Merged with that of the parent variable by variable; values must be quoted when they look like numbers or booleans.',
      {},
    ),
    formats: key(z.array(format).optional(), 'Formats to build besides those that providers need.', []),
    'keep-formats': key(z.array(format).optional(), 'Formats that `delete-after-upload` spares.', []),
    'delete-after-upload': key(
      z.boolean().optional(),
      'Delete the image files on the builder once every provider has the image.',
      false,
    ),
    'dib-cmd': key(
      z.string().optional(),
      'Build command; it may hold arguments, and `%p` stands for the directory of the program.',
      diskimageDefaults.dibCmd,
    ),
    conversion: key(
      z.enum(conversions).optional(),
      'Who makes the formats: `dib-cmd`, the build command makes all of them; `nodepool`, the command makes the raw image and Nodepool qcow2, vhd and all checksums of it, at the same time; `auto`, the command, except for a vhd that it has no tool for.',
      diskimageDefaults.conversion,
    ),
    'qcow2-compression': key(
      z.enum(qcow2Compressions).optional(),
      'Compression of qcow2 images. `zstd` is much faster to write and read than `zlib`, and needs qemu 5.1 or newer in the cloud; `none` makes the largest files in the shortest time.',
      diskimageDefaults.qcow2Compression,
    ),
    release: key(
      z.union([z.string(), z.number()]).transform(String).optional(),
      'Release of the distribution, handed to the build as DIB_RELEASE. Quote it when it looks like a fraction.',
      diskimageDefaults.release,
    ),
    'rebuild-age': key(seconds.optional(), 'Seconds after which a new build is made.', diskimageDefaults.rebuildAgeSec),
    'build-timeout': key(
      seconds.optional(),
      'Seconds after which a build is ended as failed.',
      diskimageDefaults.buildTimeoutSec,
    ),
    pause: key(z.boolean().optional(), 'Make no builds. A child cannot undo the pause of its parent.', false),
    paused: key(z.boolean().optional(), 'Another spelling of `pause`; either of them pauses.', false),
    username: key(
      z.string().optional(),
      'User to log in as on machines made from the image.',
      diskimageDefaults.username,
    ),
    'python-path': key(
      z.string().optional(),
      'Path of Python on machines made from the image, or `auto`.',
      diskimageDefaults.pythonPath,
    ),
    'shell-type': key(
      z.string().nullish(),
      'Kind of shell on machines made from the image; null leaves it open.',
      null,
    ),
    metadata: key(
      textMap.optional(),
      'Properties of uploaded images, merged with those of the parent key by key. Names beginning with `nodepool_` are reserved.',
      {},
    ),
    validate: key(
      imageGateSetting.optional(),
      'Machine to boot from each upload, in its provider, before the upload is used; false undoes that of the parent.',
    ),
  })
  .transform((image) => ({
    name: image.name,
    abstract: image.abstract,
    parent: image.parent,
    elements: image.elements ?? [],
    envVars: image['env-vars'] ?? {},
    formats: image.formats ?? [],
    keepFormats: image['keep-formats'] ?? [],
    deleteAfterUpload: image['delete-after-upload'],
    dibCmd: image['dib-cmd'],
    conversion: image.conversion,
    qcow2Compression: image['qcow2-compression'],
    release: image.release,
    rebuildAgeSec: image['rebuild-age'],
    buildTimeoutSec: image['build-timeout'],
    pause: image.pause === true || image.paused === true,
    username: image.username,
    pythonPath: image['python-path'],
    shellType: image['shell-type'],
    metadata: image.metadata ?? {},
    validate: image.validate,
  }));

export type Diskimage = z.output<typeof Diskimage>;
