import type { ImageStore } from '@nodepool/driver-api';
import { expect, it } from 'vitest';
import { type ImageProvider, wantedFormats } from './image-providers.js';
import { aProvider, aProviderDiskimage } from './testing/fixtures.js';

function taking(name: string, format: string | undefined, paused = false): [string, ImageProvider] {
  const config = aProvider(name, [aProviderDiskimage('debian', { pause: paused })]);
  const images = format === undefined ? undefined : ({ format } as ImageStore);
  return [name, { config, kind: images === undefined ? 'no-images' : 'images', images, provider: undefined }];
}

const wanted = (formats: readonly string[], ...providers: readonly [string, ImageProvider][]): readonly string[] =>
  wantedFormats({ name: 'debian', formats }, new Map(providers));

it('an image is wanted in its own formats and in those of the providers that list it', () => {
  const other = taking('c', 'vhdx');
  other[1] = { ...other[1], config: aProvider('c', ['other']) };

  expect(wanted(['raw'], taking('a', 'qcow2'), taking('b', 'vhd'), other)).toEqual(['qcow2', 'raw', 'vhd']);
});

it('a provider at which the image is paused still wants its format', () => {
  expect(wanted([], taking('a', 'qcow2', true))).toEqual(['qcow2']);
});

it('an image of which nobody names a format is wanted in none', () => {
  expect(wanted([], taking('a', undefined))).toEqual([]);
});
