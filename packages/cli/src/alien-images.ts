import type { Config } from '@nodepool/config';
import { type CloudImageListing, tagKeys } from '@nodepool/driver-api';
import type { AlienImage } from '@nodepool/listings';
import type { ImageUpload } from '@nodepool/model';

/** What a provider's cloud has that carries the id of a build of ours. */
export interface ProviderImages {
  readonly provider: string;
  readonly images: readonly CloudImageListing[];
}

/**
 * The images among `listed` that nobody answers for: no ready upload of an image that its provider is configured to have
 * names them, and no upload under way has made them. Providers may share an account: what is another's is no alien.
 *
 * Source: docs/compatibility/interfaces.md section 2.
 */
export function findAliens(
  listed: readonly ProviderImages[],
  uploads: readonly ImageUpload[],
  providers: Config['providers'],
): readonly AlienImage[] {
  const known = new Set<string>();
  const underWay = new Set<string>();
  for (const upload of uploads) {
    if (upload.state === 'uploading') underWay.add(tagText(upload.provider, upload.buildId, upload.id));
    const isConfigured = providers.get(upload.provider)?.diskimages.some(({ name }) => name === upload.image);
    if (upload.state === 'ready' && isConfigured && upload.externalId !== null) known.add(upload.externalId);
  }
  return listed.flatMap(({ provider, images }) =>
    images.flatMap(({ externalId, name, tags }): readonly AlienImage[] => {
      const { [tagKeys.buildId]: buildId, [tagKeys.uploadId]: uploadId, [tagKeys.providerName]: owner } = tags;
      if (buildId === undefined || known.has(externalId)) return [];
      if (underWay.has(tagText(owner ?? provider, buildId, uploadId ?? ''))) return [];
      return [{ provider, name, externalId, buildId, uploadId: uploadId ?? null }];
    }),
  );
}

function tagText(provider: string, buildId: string, uploadId: string): string {
  return JSON.stringify([provider, buildId, uploadId]);
}
