import type { Path, Problem } from '../finding.js';
import { suggestion } from '../suggest.js';
import type { DiskimageView, FileView, ProviderView } from '../view.js';
import { type DiskimageIndex, indexDiskimages, lineage } from './lineage.js';
import { error, type Rule, warning } from './rule.js';

interface Gate {
  readonly label: string | undefined;
  readonly pool: string | undefined;
  /** Where it is written. */
  readonly path: Path;
}

/** The machine that an upload must boot in a provider needs a label there to say what it looks like. */
export const imageGates: Rule = ({ file }) => {
  const index = indexDiskimages(file.diskimages);
  return file.providers.flatMap((provider, place) =>
    provider.diskimages.flatMap((entry, position) => {
      const own: Path = ['providers', place, 'diskimages', position, 'validate'];
      const gate = entry.validate === undefined ? inherited(file, index, entry.name) : gateAt(entry.validate, own);
      return gate === undefined || entry.name === undefined ? [] : check(provider, entry.name, gate);
    }),
  );
};

function gateAt(validate: DiskimageView['validate'], path: Path): Gate | undefined {
  if (validate === undefined || validate === false) return undefined;
  return { label: validate.label, pool: validate.pool, path };
}

function inherited(file: FileView, index: DiskimageIndex, name: string | undefined): Gate | undefined {
  const image = name === undefined ? undefined : index.get(name);
  const source = image && lineage(image, index).findLast(({ validate }) => validate !== undefined);
  return source && gateAt(source.validate, ['diskimages', file.diskimages.indexOf(source), 'validate']);
}

function check(provider: ProviderView, image: string, { label, pool, path }: Gate): readonly Problem[] {
  const labels = provider.pools
    .filter(({ name }) => pool === undefined || name === pool)
    .flatMap((each) => each.labels);
  if (label === undefined)
    return labels.some(({ diskimage }) => diskimage === image) ? [] : [unchecked(provider, image, path)];
  const names = new Set(labels.flatMap(({ name }) => name ?? []));
  if (names.has(label)) return [];
  const where = pool === undefined ? 'no pool' : `no pool "${pool}"`;
  return [
    error({
      code: 'NP_CONFIG_UNDEFINED_GATE_LABEL',
      path: [...path, 'label'],
      message: `the provider "${provider.name ?? ''}" has ${where} with the label "${label}"${suggestion(label, names)}, so no upload of "${image}" could pass`,
      remedy: 'name a label of the provider, or give its entry in diskimages a "validate" of its own',
    }),
  ];
}

function unchecked(provider: ProviderView, image: string, path: Path): Problem {
  return warning({
    code: 'NP_CONFIG_UNUSED',
    path,
    message: `no label of the provider "${provider.name ?? ''}" boots "${image}", so its uploads there are used without being validated`,
    remedy: 'name a label in "validate", or set "validate: false" at the entry of the provider',
  });
}
