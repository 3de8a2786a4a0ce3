import type { Path, Problem } from '../finding.js';
import { defaultDriver } from '../schema/providers.js';
import { suggestion } from '../suggest.js';
import type { FileView, LabelView, PoolView } from '../view.js';
import { error, type Rule, warning } from './rule.js';

interface PoolUse {
  readonly name: string;
  readonly path: Path;
}

/** Drivers whose labels name an image. The others make what is asked for in another way. */
const imageDrivers: ReadonlySet<string> = new Set(['aws', 'azure', 'gce', 'ibmvpc', 'openstack']);

/** A label of a pool must be listed at the top level. */
export const undefinedLabels: Rule = ({ file }) => {
  const defined = new Set(file.labels.flatMap((label) => label.name ?? []));
  return labelUses(file)
    .filter((use) => !defined.has(use.name))
    .map(({ name, path }) =>
      error({
        code: 'NP_CONFIG_UNDEFINED_LABEL',
        path,
        message: `the label "${name}" is not in the top-level labels${suggestion(name, defined)}`,
        remedy: `add "- name: ${name}" to the top-level labels, or correct the name`,
      }),
    );
};

/** A label that no pool offers is not served by this file; another launcher may serve it, but then that one keeps its stock. */
export const unusedLabels: Rule = ({ file, doubtful }) => {
  const used = new Set(labelUses(file).map((use) => use.name));
  return file.labels.flatMap(({ name, 'min-ready': minReady = 0 }, index) => {
    if (name === undefined || used.has(name)) return [];
    if (minReady > 0) {
      return [
        {
          severity: doubtful,
          code: 'NP_CONFIG_UNSERVED_STOCK',
          path: ['labels', index, 'name'],
          message: `min-ready asks for ${minReady} nodes of the label "${name}", and no pool of this file offers it`,
          remedy: 'offer it in a pool, or set min-ready to 0 and leave the stock to the launcher that serves it',
        },
      ];
    }
    return [
      warning({
        code: 'NP_CONFIG_UNUSED',
        path: ['labels', index, 'name'],
        message: `no pool of this file offers the label "${name}"`,
        remedy: 'offer it in a pool, or remove it unless another launcher serves it',
      }),
    ];
  });
};

/** A pool without labels takes no request. */
export const emptyPools: Rule = ({ file }) =>
  file.providers.flatMap((provider, index) =>
    provider.pools.flatMap((pool, place) => {
      if (pool.labels.length > 0 || pool.nodes.length > 0) return [];
      return [
        warning({
          code: 'NP_CONFIG_UNUSED',
          path: ['providers', index, 'pools', place],
          message: `the pool "${pool.name ?? ''}" has no labels, so it never gets a request`,
          remedy: 'add labels to the pool, or remove it',
        }),
      ];
    }),
  );

/** A label names one image. Drivers of this release say so themselves. */
export const labelImages: Rule = ({ file, drivers }) =>
  file.providers.flatMap((provider, index) => {
    const driver = provider.driver ?? defaultDriver;
    if (drivers.has(driver) || !imageDrivers.has(driver)) return [];
    return provider.pools.flatMap((pool, place) =>
      pool.labels.flatMap((label, position) =>
        labelImage(label, ['providers', index, 'pools', place, 'labels', position]),
      ),
    );
  });

function labelImage(label: LabelView, path: Path): Problem[] {
  const count = Number(label.diskimage !== undefined) + Number(label['cloud-image'] !== undefined);
  if (count === 1) return [];
  return [
    error({
      code: 'NP_CONFIG_LABEL_IMAGE',
      path,
      message: `the label "${label.name ?? ''}" names ${count === 0 ? 'no image' : 'a diskimage and a cloud image'}`,
      remedy: 'give the label either diskimage or cloud-image',
    }),
  ];
}

function labelUses(file: FileView): PoolUse[] {
  return file.providers.flatMap((provider, index) =>
    provider.pools.flatMap((pool, place) => usesInPool(pool, ['providers', index, 'pools', place])),
  );
}

function usesInPool(pool: PoolView, path: Path): PoolUse[] {
  const offered = pool.labels.flatMap(({ name }, position) =>
    name === undefined ? [] : [{ name, path: [...path, 'labels', position, 'name'] }],
  );
  const onNodes = pool.nodes.flatMap((node, position) =>
    nodeLabels(node.labels).map((name) => ({ name, path: [...path, 'nodes', position, 'labels'] })),
  );
  return [...offered, ...onNodes];
}

/** Labels of a static node: a list, or words in one string. */
function nodeLabels(labels: PoolView['nodes'][number]['labels']): string[] {
  if (labels === undefined) return [];
  if (typeof labels === 'string') return labels.split(/\s+/).filter((word) => word !== '');
  return labels.flatMap((label) => label ?? []);
}
