import type { Path, Problem } from '../finding.js';
import { type Rule, warning } from './rule.js';

/** `paused` is accepted where `pause` is meant. */
export const pausedSpelling: Rule = ({ file }) => {
  const top = file.diskimages.flatMap((image, index) => spelling(image, ['diskimages', index]));
  const inProviders = file.providers.flatMap((provider, place) =>
    provider.diskimages.flatMap((image, index) => spelling(image, ['providers', place, 'diskimages', index])),
  );
  return [...top, ...inProviders];
};

/** Keys that old files have and that do nothing. */
export const deadKeys: Rule = ({ file }) =>
  file.providers.flatMap((provider, index) => {
    if (provider['nodepool-id'] === undefined) return [];
    return [
      warning({
        code: 'NP_CONFIG_OBSOLETE_KEY',
        path: ['providers', index, 'nodepool-id'],
        at: 'key',
        message: 'nodepool-id is ignored',
        remedy: 'remove it',
      }),
    ];
  });

function spelling(
  image: { readonly pause?: boolean | undefined; readonly paused?: boolean | undefined },
  path: Path,
): Problem[] {
  if (image.paused === undefined) return [];
  const both = image.pause === undefined ? '' : '; pause is given as well, and either of them pauses';
  return [
    warning({
      code: 'NP_CONFIG_OBSOLETE_KEY',
      path: [...path, 'paused'],
      at: 'key',
      message: `paused is another spelling of pause${both}`,
      remedy: `write "pause: ${image.pause === true || image.paused}" alone`,
    }),
  ];
}
