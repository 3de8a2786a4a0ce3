import type { ServiceSettings } from '../clouds/cloud-region.js';
import type { Endpoint } from './token.js';

/**
 * The address of a service: by the first of its type names, then the first of the interfaces, that the catalogue has in
 * the region. Undefined when the cloud has no such service there.
 */
export function findEndpoint(catalogue: readonly Endpoint[], wanted: ServiceSettings): string | undefined {
  const near = catalogue.filter(
    ({ region, name, url }) =>
      url !== '' &&
      (wanted.region === undefined || region === wanted.region) &&
      (wanted.name === undefined || name === wanted.name),
  );
  for (const type of wanted.types) {
    for (const kind of wanted.interfaces) {
      const found = near.find((endpoint) => endpoint.type === type && endpoint.interface === kind);
      if (found !== undefined) return found.url;
    }
  }
  return undefined;
}
