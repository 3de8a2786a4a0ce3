import type { OpenStackLikeLabel } from '@nodepool/driver-api';
import { z } from 'zod';

// Source: https://docs.openstack.org/api-ref/compute/#list-flavors-with-details

export const Flavor = z.object({ id: z.string(), name: z.string(), vcpus: z.number(), ram: z.number() });

export type Flavor = z.output<typeof Flavor>;

/**
 * The flavor of a label: the one of that name or id, or with `min-ram` the smallest that has as much memory, those of
 * the same size by name, and with both only such whose name contains `flavor-name`.
 *
 * Source: docs/compatibility/config.md section 6.
 */
export function chooseFlavor(
  flavors: readonly Flavor[],
  { minRamMiB, flavorName }: Pick<OpenStackLikeLabel, 'minRamMiB' | 'flavorName'>,
): Flavor | undefined {
  if (minRamMiB === 0) return flavors.find(({ id, name }) => name === flavorName || id === flavorName);
  return flavors
    .filter(({ ram, name }) => ram >= minRamMiB && (flavorName === undefined || name.includes(flavorName)))
    .toSorted((left, right) => left.ram - right.ram || compareText(left.name, right.name))[0];
}

/** What a label asks for, for the message that there is no such flavor. */
export function flavorWish({ minRamMiB, flavorName }: Pick<OpenStackLikeLabel, 'minRamMiB' | 'flavorName'>): string {
  if (minRamMiB === 0) return `named "${flavorName ?? ''}"`;
  const named = flavorName === undefined ? '' : ` whose name contains "${flavorName}"`;
  return `with at least ${minRamMiB} MiB of memory${named}`;
}

/** By code units, as the original sorts. */
function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
