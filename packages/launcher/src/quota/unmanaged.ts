import { type Instance, tagKeys } from '@nodepool/driver-api';
import { addResources, type Resources } from '@nodepool/model';

/**
 * What instances other than our nodes use of an account: those of other providers, and our own that have lost their
 * record.
 *
 * Source: docs/compatibility/launcher.md section 6.1.
 */
export function unmanagedUse(
  instances: Iterable<Instance>,
  provider: string,
  hasNode: (id: string) => boolean,
): Resources {
  let used: Resources = {};
  for (const { tags, resources } of instances) {
    const nodeId = tags[tagKeys.nodeId];
    const managed = tags[tagKeys.providerName] === provider && nodeId !== undefined && hasNode(nodeId);
    if (!managed) used = addResources(used, resources);
  }
  return used;
}
