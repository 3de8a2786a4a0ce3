import { join } from 'node:path';
import type { DiskimageConfig } from '@nodepool/config';
import { splitCommand } from '../build-process/split-command.js';
import { qcow2Options } from '../conversion/qcow2.js';
import { BuilderError } from '../errors.js';

/** A command ready to be started; no shell is involved. */
export interface BuildCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The command that builds a diskimage.
 *
 * Source: docs/compatibility/builder.md section 3.
 *
 * @param base path of the results without their extensions.
 * @param checksums whether the command is to write them.
 * @param packageDir what `%p` in the command stands for.
 * @throws NP_BAD_COMMAND when `dib-cmd` is empty or its quotation is left open.
 */
export function buildCommand(options: {
  readonly diskimage: DiskimageConfig;
  readonly formats: readonly string[];
  readonly checksums: boolean;
  readonly base: string;
  readonly elementsDir: string | undefined;
  readonly packageDir: string;
  readonly inheritedEnv: Readonly<Record<string, string | undefined>>;
}): BuildCommand {
  const { diskimage, formats, base } = options;
  const [file, ...ownArgs] = splitCommand(diskimage.dibCmd).map((word) => word.replaceAll('%p', options.packageDir));
  if (file === undefined) throw new BuilderError('NP_BAD_COMMAND', `dib-cmd of diskimage ${diskimage.name} is empty`);
  return {
    file,
    args: [
      ...ownArgs,
      '-x',
      '-t',
      formats.join(','),
      ...(options.checksums ? ['--checksum'] : []),
      '--no-tmpfs',
      ...(formats.includes('qcow2') ? qcow2Flags(diskimage) : []),
      '-o',
      base,
      ...diskimage.elements.flatMap((element) => splitCommand(element)),
    ],
    env: {
      ...definedOnly(options.inheritedEnv),
      DIB_RELEASE: diskimage.release,
      DIB_IMAGE_NAME: diskimage.name,
      DIB_IMAGE_FILENAME: base,
      ...(options.elementsDir === undefined ? {} : { ELEMENTS_PATH: options.elementsDir }),
      ...diskimage.envVars,
      ...revealed(diskimage.secretEnvVars),
    },
  };
}

function qcow2Flags({ qcow2Compression }: DiskimageConfig): readonly string[] {
  const uncompressed = qcow2Compression === 'none' ? ['-u'] : [];
  return [...uncompressed, '--qemu-img-options', qcow2Options(qcow2Compression)];
}

/** Where the command looks for programs. */
export function buildSearchPath(
  { envVars, secretEnvVars }: DiskimageConfig,
  inheritedEnv: Readonly<Record<string, string | undefined>>,
): string | undefined {
  return secretEnvVars['PATH']?.reveal() ?? envVars['PATH'] ?? inheritedEnv['PATH'];
}

/** What the environment of one build's processes has and that of no other. */
export function buildMarker(imagesDir: string, build: string): string {
  return `DIB_IMAGE_FILENAME=${join(imagesDir, build)}`;
}

function revealed(secrets: DiskimageConfig['secretEnvVars']): Record<string, string> {
  return Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()]));
}

function definedOnly(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
