import type { JsonObject, JsonValue } from '@nodepool/model';

/** One version of a service's API, as its version document has it. */
export interface ApiVersion {
  readonly major: number;
  readonly minor: number;
  readonly url: string | undefined;
  /** `2.93`; undefined when the version has no microversions. */
  readonly maxMicroversion: string | undefined;
  readonly isUsable: boolean;
}

/**
 * The versions in a version document, in whichever of the three shapes it comes: a list under `versions` (Nova, Glance,
 * Neutron, Cinder), a list under `versions.values` (Keystone), a single one under `version`.
 */
export function versionsIn(body: JsonValue): readonly ApiVersion[] {
  if (!isMap(body)) return [];
  const { version, versions } = body;
  const values = isMap(versions) ? versions['values'] : versions;
  const items: readonly JsonValue[] = isMap(version) ? [version] : Array.isArray(values) ? values : [];
  return items.filter(isMap).flatMap(toVersion);
}

function toVersion(item: JsonObject): readonly ApiVersion[] {
  const { id, links, status } = item;
  const numbers = typeof id === 'string' ? /^v?(\d+)(?:\.(\d+))?$/.exec(id) : null;
  if (numbers === null) return [];
  const self = Array.isArray(links) ? links.filter(isMap).find(({ rel }) => rel === 'self') : undefined;
  const newest = item['version'] ?? item['max_version'] ?? item['max_microversion'];
  return [
    {
      major: Number(numbers[1]),
      minor: Number(numbers[2] ?? 0),
      url: typeof self?.['href'] === 'string' ? self['href'] : undefined,
      maxMicroversion: typeof newest === 'string' && newest !== '' ? newest : undefined,
      isUsable: typeof status !== 'string' || /^(current|supported|stable|deprecated)$/i.test(status),
    },
  ];
}

/** The newest usable of one major version; of all when that is undefined. */
export function newestOf(versions: readonly ApiVersion[], major: number | undefined): ApiVersion | undefined {
  return versions
    .filter((version) => version.isUsable && (major === undefined || version.major === major))
    .toSorted((one, other) => other.major - one.major || other.minor - one.minor)[0];
}

/** Where the version of a path stands, and which it is: `/volume/v3/4f1e…` is 3. */
const versionSegment = /\/v(\d+)(?:\.\d+)?(?=\/|$)/;

/** The major version in an address; undefined for one that has none. */
export function versionInUrl(url: string): number | undefined {
  const found = versionSegment.exec(new URL(url).pathname);
  return found === null ? undefined : Number(found[1]);
}

/** An address up to and with its version: without the project that Cinder and old Novas have after it. */
export function versionRootOf(url: string): string {
  const { origin, pathname } = new URL(url);
  const found = versionSegment.exec(pathname);
  return origin + (found === null ? pathname : pathname.slice(0, found.index + found[0].length));
}

/**
 * A link of a version document, made to fit the address that it was read from: behind a proxy a service often knows
 * only its own host, and the catalogue knows better.
 */
export function besideCatalogue(link: string | undefined, readFrom: string): string | undefined {
  if (link === undefined) return undefined;
  const base = new URL(readFrom);
  const target = new URL(link, base);
  const prefix = base.pathname.replace(/\/+$/, '');
  const path = target.pathname.startsWith(`${prefix}/`) ? target.pathname : `${prefix}${versionTail(target.pathname)}`;
  return base.origin + path;
}

function versionTail(pathname: string): string {
  const found = versionSegment.exec(pathname);
  return found === null ? pathname : pathname.slice(found.index);
}

function isMap(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
