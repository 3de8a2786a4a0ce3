import type { ImageUploadSpec } from '@nodepool/driver-api';
import { describe, expect, it } from 'vitest';
import { imageRecord, recordPatch } from './image-record.js';

function record(meta: Readonly<Record<string, string>>, disableVendorAgent: Readonly<Record<string, string>> = {}) {
  const spec: ImageUploadSpec = {
    imageName: 'debian',
    externalName: 'debian-1',
    path: '/images/debian-b1.vhd',
    format: 'vhd',
    md5: undefined,
    sha256: undefined,
    meta,
    config: {
      name: 'debian',
      pause: false,
      meta: {},
      configDrive: undefined,
      connectionType: 'ssh',
      connectionPort: 22,
    },
  };
  return imageRecord(spec, { disableVendorAgent });
}

describe('the record of an image', () => {
  it('is private, bare and named, whatever the configuration says of its name', () => {
    expect(record({ name: 'forged', disk_format: 'forged' })).toEqual({
      name: 'debian-1',
      visibility: 'private',
      disk_format: 'vhd',
      container_format: 'bare',
      'owner_specified.openstack.md5': '',
      'owner_specified.openstack.sha256': '',
      'owner_specified.openstack.object': 'images/debian-1',
    });
  });

  it.each<[string, Readonly<Record<string, string>>, object]>([
    ['a property stays a text', { hw_disk_bus: 'scsi', os_version: '12' }, { hw_disk_bus: 'scsi', os_version: '12' }],
    ['limits become numbers', { min_disk: '8', min_ram: '512' }, { min_disk: 8, min_ram: 512 }],
    ['protection becomes a boolean', { protected: 'True' }, { protected: true }],
    ['tags become a list', { tags: 'ci, debian' }, { tags: ['ci', 'debian'] }],
    ['an old-fashioned is_public becomes a visibility', { is_public: 'true' }, { visibility: 'public' }],
    ['a visibility is kept', { visibility: 'community' }, { visibility: 'community' }],
    ['a container format is kept', { container_format: 'ovf' }, { container_format: 'ovf' }],
  ])('%s', (_, meta, expected) => {
    expect(record(meta)).toMatchObject(expected);
    expect(record(meta)).not.toHaveProperty('is_public');
  });

  it('switches off the agent of the vendor, as its profile says', () => {
    expect(record({ vm_mode: 'xen' }, { vm_mode: 'hvm' })).toMatchObject({ vm_mode: 'hvm' });
  });

  it('refuses a limit that is no number', () => {
    expect(() => record({ min_ram: 'much' })).toThrow('image property min_ram must be a whole number, not "much"');
  });
});

it('a patch escapes what a path would take for its own', () => {
  expect(recordPatch({ min_ram: 5, 'a/b~c': 'x' })).toEqual([
    { op: 'add', path: '/min_ram', value: 5 },
    { op: 'add', path: '/a~1b~0c', value: 'x' },
  ]);
});
