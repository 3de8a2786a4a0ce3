import type { Random } from '@nodepool/runtime';

/** The zone of a request and what it has learnt about zones and nodes so far. */
export interface Placement {
  /** Undefined until a node or a choice has settled it, and where the cloud chooses. */
  az: string | undefined;
  readonly fullZones: Set<string>;
  /** Idle nodes that turned out to be somebody else's. */
  readonly without: Set<string>;
}

/** The zones that a pool may use: its own, or all of the cloud. */
export function zonesOf(
  pool: { readonly availabilityZones: readonly string[] },
  cloud: { readonly zones: readonly string[] },
): readonly string[] {
  return pool.availabilityZones.length > 0 ? pool.availabilityZones : cloud.zones;
}

/** One of the zones at random, full ones left out; undefined lets the cloud choose. */
export function chooseZone(placement: Placement, zones: readonly string[], random: Random): string | undefined {
  const open = zones.filter((zone) => !placement.fullZones.has(zone));
  return open.length === 0 ? undefined : open[Math.floor(random.next() * open.length)];
}

/**
 * After a zone turned out to be full.
 *
 * @param az the full one; undefined when the cloud has chosen.
 * @returns false when there is no other; all of them may then be tried again later.
 */
export function tryAnotherZone(placement: Placement, az: string | undefined, zones: readonly string[]): boolean {
  placement.az = undefined;
  if (az !== undefined) placement.fullZones.add(az);
  if (zones.some((zone) => !placement.fullZones.has(zone))) return true;
  placement.fullZones.clear();
  return false;
}
