import { aDiskimage } from '@nodepool/config/testing';
import { Secret } from '@nodepool/runtime';
import { describe, expect, it } from 'vitest';

import { buildCommand } from './command-line.js';

const command = (options: Partial<Parameters<typeof buildCommand>[0]> = {}) =>
  buildCommand({
    diskimage: aDiskimage({ elements: ['debian-minimal', 'vm'] }),
    formats: ['qcow2', 'raw'],
    checksums: true,
    base: '/opt/images/debian-59a01e759ed6486680780441bf69322c',
    elementsDir: undefined,
    packageDir: '/opt/nodepool',
    inheritedEnv: {},
    ...options,
  });

describe('the command line', () => {
  it('is that of the contract', () => {
    const { file, args } = command();

    expect([file, ...args]).toEqual([
      'disk-image-create',
      '-x',
      '-t',
      'qcow2,raw',
      '--checksum',
      '--no-tmpfs',
      '--qemu-img-options',
      'compat=0.10',
      '-o',
      '/opt/images/debian-59a01e759ed6486680780441bf69322c',
      'debian-minimal',
      'vm',
    ]);
  });

  it('has options of qemu-img for qcow2 alone', () => {
    expect(command({ formats: ['raw', 'vhd'] }).args).not.toContain('--qemu-img-options');
  });

  it('asks for no checksums where they are written here', () => {
    expect(command({ formats: ['raw'], checksums: false }).args).not.toContain('--checksum');
  });

  it.each([
    ['zstd', ['--qemu-img-options', 'compat=1.1,compression_type=zstd']],
    ['none', ['-u', '--qemu-img-options', 'compat=0.10']],
  ] as const)('has qcow2 images compressed with %s', (qcow2Compression, flags) => {
    const { args } = command({ diskimage: aDiskimage({ qcow2Compression }) });

    expect(args.slice(args.indexOf('--no-tmpfs') + 1, args.indexOf('-o'))).toEqual(flags);
  });

  it('takes arguments of dib-cmd and the folder of the package', () => {
    const { file, args } = command({ diskimage: aDiskimage({ dibCmd: `%p/fake 'a b'` }) });

    expect([file, args[0]]).toEqual(['/opt/nodepool/fake', 'a b']);
  });

  it('passes a path with blanks as one argument', () => {
    expect(command({ base: '/opt/my images/debian-1' }).args).toContain('/opt/my images/debian-1');
  });

  it('is refused when dib-cmd is blank', () => {
    expect(() => command({ diskimage: aDiskimage({ dibCmd: ' ' }) })).toThrow('dib-cmd of diskimage debian is empty');
  });
});

describe('the environment', () => {
  it('is inherited, says what is built, and ends with the variables of the image', () => {
    const { env } = command({
      inheritedEnv: { HOME: '/root', DIB_RELEASE: 'old', GONE: undefined },
      elementsDir: '/etc/elements',
      diskimage: aDiskimage({ release: '12', envVars: { TMPDIR: '/opt/tmp', DIB_IMAGE_NAME: 'mine' } }),
    });

    expect(env).toEqual({
      HOME: '/root',
      DIB_RELEASE: '12',
      DIB_IMAGE_NAME: 'mine',
      DIB_IMAGE_FILENAME: '/opt/images/debian-59a01e759ed6486680780441bf69322c',
      ELEMENTS_PATH: '/etc/elements',
      TMPDIR: '/opt/tmp',
    });
  });

  it('has the secret variables as they are, over those of the image', () => {
    const secretEnvVars = { KEY: new Secret('4711') };

    const { env } = command({ diskimage: aDiskimage({ envVars: { KEY: 'none', OTHER: 'x' }, secretEnvVars }) });

    expect(env).toMatchObject({ KEY: '4711', OTHER: 'x' });
  });

  it('names a release that is not set as empty, and no elements', () => {
    expect(command().env).not.toHaveProperty('ELEMENTS_PATH');
    expect(command().env['DIB_RELEASE']).toBe('');
  });
});
