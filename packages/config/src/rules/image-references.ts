import type { Path, Problem } from '../finding.js';
import { suggestion } from '../suggest.js';
import type { LabelView, ProviderView } from '../view.js';
import { indexDiskimages } from './lineage.js';
import { error, type Rule } from './rule.js';

/** What a provider is to upload must be built: defined at the top level and not abstract. */
export const providerDiskimages: Rule = ({ file }) => {
  const index = indexDiskimages(file.diskimages);
  return file.providers.flatMap((provider, place) =>
    provider.diskimages.flatMap(({ name }, position) => {
      const path: Path = ['providers', place, 'diskimages', position, 'name'];
      if (name === undefined) return [];
      const image = index.get(name);
      if (image === undefined) return [undefinedDiskimage(path, name, index.keys())];
      return image.abstract === true ? [abstractDiskimage(path, name)] : [];
    }),
  );
};

/** What a label boots must be in its provider. */
export const labelImageReferences: Rule = ({ file }) =>
  file.providers.flatMap((provider, place) => {
    const diskimages = new Set(provider.diskimages.flatMap((image) => image.name ?? []));
    const cloudImages = new Set(provider['cloud-images'].flatMap((image) => image.name ?? []));
    return provider.pools.flatMap((pool, position) =>
      pool.labels.flatMap((label, index) => {
        const path: Path = ['providers', place, 'pools', position, 'labels', index];
        return [
          ...labelDiskimage(path, label, provider, diskimages),
          ...labelCloudImage(path, label, provider, cloudImages),
        ];
      }),
    );
  });

function labelDiskimage(path: Path, label: LabelView, provider: ProviderView, known: ReadonlySet<string>): Problem[] {
  const { diskimage } = label;
  if (diskimage === undefined || known.has(diskimage)) return [];
  return [
    error({
      code: 'NP_CONFIG_UNDEFINED_DISKIMAGE',
      path: [...path, 'diskimage'],
      message: `the provider "${provider.name ?? ''}" does not upload the diskimage "${diskimage}"${suggestion(diskimage, known)}, so every launch would fail`,
      remedy: `add "- name: ${diskimage}" to the diskimages of the provider, or correct the name`,
    }),
  ];
}

function labelCloudImage(path: Path, label: LabelView, provider: ProviderView, known: ReadonlySet<string>): Problem[] {
  const image = label['cloud-image'];
  if (image === undefined || known.has(image)) return [];
  return [
    error({
      code: 'NP_CONFIG_UNDEFINED_CLOUD_IMAGE',
      path: [...path, 'cloud-image'],
      message: `the provider "${provider.name ?? ''}" has no cloud image "${image}"${suggestion(image, known)}`,
      remedy: `add "- name: ${image}" to the cloud-images of the provider, or correct the name`,
    }),
  ];
}

function undefinedDiskimage(path: Path, name: string, known: Iterable<string>): Problem {
  return error({
    code: 'NP_CONFIG_UNDEFINED_DISKIMAGE',
    path,
    message: `there is no diskimage "${name}" at the top level${suggestion(name, known)}`,
    remedy: `add "- name: ${name}" to the top-level diskimages, or correct the name`,
  });
}

function abstractDiskimage(path: Path, name: string): Problem {
  return error({
    code: 'NP_CONFIG_ABSTRACT_DISKIMAGE',
    path,
    message: `the diskimage "${name}" is abstract, so there is never a build of it to upload`,
    remedy: 'name a diskimage that has it as its parent, or remove "abstract: true"',
  });
}
