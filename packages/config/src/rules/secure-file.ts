import { suggestion } from '../suggest.js';
import { indexDiskimages } from './lineage.js';
import { error, type Rule } from './rule.js';

/** Secret variables need an image that is built. */
export const secureDiskimages: Rule = ({ file, secure }) => {
  const index = indexDiskimages(file.diskimages);
  return secure.diskimages.flatMap(({ name }, place) => {
    if (name === undefined) return [];
    const image = index.get(name);
    if (image !== undefined && image.abstract !== true) return [];
    const what = image === undefined ? 'is not in the main file' : 'is abstract, so it is never built';
    const hint = image === undefined ? suggestion(name, index.keys()) : '';
    return [
      error({
        code: image === undefined ? 'NP_CONFIG_UNDEFINED_DISKIMAGE' : 'NP_CONFIG_ABSTRACT_DISKIMAGE',
        source: 'secure',
        path: ['diskimages', place, 'name'],
        message: `the diskimage "${name}" ${what}${hint}`,
        remedy: 'name a diskimage of the main file that is not abstract, or remove the entry',
      }),
    ];
  });
};
