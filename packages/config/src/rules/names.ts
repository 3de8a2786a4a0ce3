import type { Path, Problem } from '../finding.js';
import type { FileView, PoolView, ProviderView } from '../view.js';
import { error, type Rule } from './rule.js';

interface NamedList {
  readonly path: Path;
  readonly kind: string;
  readonly nameKey: string;
  readonly names: readonly (string | undefined)[];
}

/** No two entries of a list may have the same name: the original lets the last one win without a word. */
export const duplicateNames: Rule = ({ file }) => namedLists(file).flatMap(duplicates);

/** Names of providers become parts of ZooKeeper paths. */
export const providerNames: Rule = ({ file }) =>
  file.providers.flatMap(({ name }, index) => {
    if (name === undefined || !(name === '.' || name === '..' || /[/\0]/.test(name))) return [];
    return [
      error({
        code: 'NP_CONFIG_VALUE',
        path: ['providers', index, 'name'],
        message: `the provider name "${name}" cannot be part of a ZooKeeper path`,
        remedy: 'choose a name without slashes that is not a dot or two',
      }),
    ];
  });

function namedLists(file: FileView): NamedList[] {
  return [
    named(['labels'], 'label', file.labels),
    named(['diskimages'], 'diskimage', file.diskimages),
    named(['providers'], 'provider', file.providers),
    {
      path: ['tenant-resource-limits'],
      kind: 'tenant',
      nameKey: 'tenant-name',
      names: file['tenant-resource-limits'].map((limits) => limits['tenant-name']),
    },
    ...file.providers.flatMap(listsOfProvider),
  ];
}

function listsOfProvider(provider: ProviderView, index: number): NamedList[] {
  const path: Path = ['providers', index];
  return [
    named([...path, 'diskimages'], 'diskimage', provider.diskimages),
    named([...path, 'cloud-images'], 'cloud image', provider['cloud-images']),
    named([...path, 'pools'], 'pool', provider.pools),
    ...provider.pools.map((pool: PoolView, place: number) =>
      named([...path, 'pools', place, 'labels'], 'label', pool.labels),
    ),
  ];
}

function named(path: Path, kind: string, list: readonly { readonly name?: string | undefined }[]): NamedList {
  return { path, kind, nameKey: 'name', names: list.map((entry) => entry.name) };
}

function duplicates({ path, kind, nameKey, names }: NamedList): Problem[] {
  const first = new Map<string, number>();
  return names.flatMap((name, index) => {
    if (name === undefined) return [];
    const earlier = first.get(name);
    if (earlier === undefined) {
      first.set(name, index);
      return [];
    }
    return [
      error({
        code: 'NP_CONFIG_DUPLICATE_NAME',
        path: [...path, index, nameKey],
        message: `the ${kind} "${name}" is in this list already, as entry ${earlier + 1}`,
        remedy: 'rename or remove one of the two',
      }),
    ];
  });
}
