import {
  fractionalReleases,
  keptFormats,
  parentCycles,
  pausedParents,
  unbuiltDiskimages,
  undefinedParents,
} from './diskimages.js';
import { imageGates } from './image-gates.js';
import { labelImageReferences, providerDiskimages } from './image-references.js';
import { emptyPools, labelImages, undefinedLabels, unusedLabels } from './labels.js';
import { duplicateNames, providerNames } from './names.js';
import { deadKeys, pausedSpelling } from './obsolete.js';
import { driverNames, fakeNames, sharedClouds, stoppedProviders } from './providers.js';
import type { Rule } from './rule.js';
import { secureDiskimages } from './secure-file.js';
import { chroots, missingServers, partialTls, plainConnections } from './zookeeper.js';

export type { MissingZooKeeper, Rule, RuleContext } from './rule.js';

/** Every rule. Source: docs/compatibility/config.md section 13. */
export const rules: readonly Rule[] = [
  missingServers,
  partialTls,
  plainConnections,
  chroots,
  duplicateNames,
  providerNames,
  undefinedLabels,
  unusedLabels,
  undefinedParents,
  parentCycles,
  pausedParents,
  unbuiltDiskimages,
  keptFormats,
  fractionalReleases,
  driverNames,
  fakeNames,
  stoppedProviders,
  sharedClouds,
  providerDiskimages,
  labelImageReferences,
  labelImages,
  imageGates,
  emptyPools,
  pausedSpelling,
  deadKeys,
  secureDiskimages,
];
