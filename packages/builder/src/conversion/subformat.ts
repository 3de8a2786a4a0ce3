import type { VhdSubformat } from '@nodepool/vhd';
import { BuilderError } from '../errors.js';
import { type ImageProviders, lists } from '../image-providers.js';

/**
 * The kind of VHD that the providers of an image take; dynamic where none says.
 *
 * @throws NP_BUILD_FAILED when they differ: one file cannot be both.
 */
export function vhdSubformatFor(image: string, providers: ImageProviders): VhdSubformat {
  const wanted = new Map<VhdSubformat, string>();
  for (const provider of providers.values()) {
    if (provider.images?.format !== 'vhd' || !lists(provider, image)) continue;
    wanted.set(provider.images.vhdSubformat ?? 'dynamic', provider.config.name);
  }
  const [fixed, dynamic] = [wanted.get('fixed'), wanted.get('dynamic')];
  if (fixed !== undefined && dynamic !== undefined) {
    const message = `provider ${fixed} takes fixed VHDs and ${dynamic} dynamic ones: give each a diskimage of its own`;
    throw new BuilderError('NP_BUILD_FAILED', message);
  }
  return fixed === undefined ? 'dynamic' : 'fixed';
}
