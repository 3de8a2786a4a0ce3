import { aDiskimage } from '@nodepool/config/testing';
import { describe, expect, it } from 'vitest';
import { aProviderDiskimage } from '../testing/fixtures.js';
import { externalImageName, imageProperties } from './naming.js';

const key = { image: 'debian', buildId: 'b1', provider: 'cloud-a', uploadId: '0000000007' };

describe('the name of an image in the cloud', () => {
  it.each([
    ['{image_name}-{timestamp}', 'debian-1795362194'],
    ['npimage{upload_id}', 'npimage0000000007'],
    ['{image_name}{other}', 'debian{other}'],
  ])('%s becomes %s', (format, name) => {
    expect(externalImageName(format, key, 1_795_362_194.64)).toBe(name);
  });
});

describe('the properties of an image in the cloud', () => {
  it('are those of the image, over them those of the provider, over them ours', () => {
    const diskimage = aDiskimage({ metadata: { a: 'image', b: 'image', nodepool_build_id: 'forged' } });

    expect(imageProperties(diskimage, aProviderDiskimage('debian', { meta: { b: 'provider' } }), key, 'tree')).toEqual({
      a: 'image',
      b: 'provider',
      nodepool_build_id: 'b1',
      nodepool_upload_id: '0000000007',
      nodepool_provider_name: 'cloud-a',
      nodepool_tree_id: 'tree',
    });
  });
});
