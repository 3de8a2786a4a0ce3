import type { Problem } from '../finding.js';
import { suggestion } from '../suggest.js';
import type { DiskimageView } from '../view.js';
import { type DiskimageIndex, indexDiskimages, isPaused, lineage } from './lineage.js';
import { error, type Rule, warning } from './rule.js';

/** A parent must exist. */
export const undefinedParents: Rule = ({ file }) => {
  const index = indexDiskimages(file.diskimages);
  return file.diskimages.flatMap(({ parent }, place) => {
    if (parent === undefined || index.has(parent)) return [];
    return [
      error({
        code: 'NP_CONFIG_UNDEFINED_PARENT',
        path: ['diskimages', place, 'parent'],
        message: `there is no diskimage "${parent}" to be the parent${suggestion(parent, index.keys())}`,
        remedy: 'correct the name, or define that diskimage (with "abstract: true" when it is only a parent)',
      }),
    ];
  });
};

/** Nobody may be its own ancestor. Each cycle is reported once, at its first image in the file. */
export const parentCycles: Rule = ({ file }) => {
  const index = indexDiskimages(file.diskimages);
  const reported = new Set<string>();
  return file.diskimages.flatMap(({ name }, place) => {
    const cycle = name === undefined || reported.has(name) ? [] : cycleFrom(name, index);
    if (cycle.length === 0) return [];
    for (const member of cycle) reported.add(member);
    return [
      error({
        code: 'NP_CONFIG_PARENT_CYCLE',
        path: ['diskimages', place, 'parent'],
        message: `the parents form a cycle: ${[...cycle, name].join(' -> ')}`,
        remedy: 'remove "parent" from one of these diskimages',
      }),
    ];
  });
};

function cycleFrom(start: string, index: DiskimageIndex): string[] {
  const names = [start];
  for (let next = index.get(start)?.parent; next !== undefined; next = index.get(next)?.parent) {
    if (next === start) return names;
    if (names.includes(next)) return [];
    names.push(next);
  }
  return [];
}

/** A pause is inherited for good. */
export const pausedParents: Rule = ({ file }) => {
  const index = indexDiskimages(file.diskimages);
  return file.diskimages.flatMap((image, place) => {
    if (image.pause !== false || isPaused(image)) return [];
    const parent = lineage(image, index).find(isPaused);
    if (parent === undefined) return [];
    return [
      warning({
        code: 'NP_CONFIG_PAUSED_PARENT',
        path: ['diskimages', place, 'pause'],
        message: `the image stays paused, because its parent "${parent.name ?? ''}" is`,
        remedy: `remove the pause from "${parent.name ?? ''}", or this "pause: false"`,
      }),
    ];
  });
};

/** Images are built in the formats that providers and the image itself ask for; without either, never. */
export const unbuiltDiskimages: Rule = ({ file }) => {
  const index = indexDiskimages(file.diskimages);
  const wanted = new Set(
    file.providers.flatMap((provider) => provider.diskimages.flatMap((image) => image.name ?? [])),
  );
  return builtImages(file.diskimages, (image, place) => {
    if (image.name === undefined || wanted.has(image.name)) return [];
    if (lineage(image, index).some((ancestor) => ancestor.formats.length > 0)) return [];
    return [
      warning({
        code: 'NP_CONFIG_UNUSED',
        path: ['diskimages', place, 'name'],
        message: `the diskimage "${image.name}" has no formats and no provider, so it is never built`,
        remedy: 'name it in the diskimages of a provider, give it formats, or remove it',
      }),
    ];
  });
};

/** `keep-formats` says what `delete-after-upload` spares, and nothing else. */
export const keptFormats: Rule = ({ file }) => {
  const index = indexDiskimages(file.diskimages);
  return builtImages(file.diskimages, (image, place) => {
    const line = lineage(image, index);
    const deletes = line.findLast((ancestor) => ancestor['delete-after-upload'] !== undefined)?.['delete-after-upload'];
    if (deletes === true || !line.some((ancestor) => ancestor['keep-formats'].length > 0)) return [];
    return [
      warning({
        code: 'NP_CONFIG_UNUSED',
        path: ['diskimages', place, 'keep-formats'],
        message: 'keep-formats has no effect, because the image files are not deleted after upload',
        remedy: 'set "delete-after-upload: true", or remove keep-formats',
      }),
    ];
  });
};

/** `release: 22.10` reaches the build as 22.1. */
export const fractionalReleases: Rule = ({ file }) =>
  file.diskimages.flatMap(({ release }, place) => {
    if (typeof release !== 'number' || Number.isInteger(release)) return [];
    return [
      warning({
        code: 'NP_CONFIG_NUMBER_AS_TEXT',
        path: ['diskimages', place, 'release'],
        message: `the release is read as the number ${release}, and a zero at its end is lost`,
        remedy: 'put the release in quotes',
      }),
    ];
  });

function builtImages(
  images: readonly DiskimageView[],
  check: (image: DiskimageView, place: number) => readonly Problem[],
): Problem[] {
  return images.flatMap((image, place) => (image.abstract === true ? [] : check(image, place)));
}
