import type { JsonObject, JsonValue } from '@nodepool/model';
import { Secret } from '@nodepool/runtime';

/** One address of one service. */
export interface Endpoint {
  /** `compute`, `block-storage`. */
  readonly type: string;
  /** `nova`. */
  readonly name: string | undefined;
  /** `public`, `internal`, `admin`. */
  readonly interface: string;
  readonly region: string | undefined;
  readonly url: string;
}

/** Leave to talk to the services, and where they are. */
export interface Token {
  readonly id: Secret;
  /**
   * From its issue to its end, milliseconds: unlike the moment of its end this needs no clock that agrees with the cloud's.
   * Undefined when the cloud does not say; 401 then tells.
   */
  readonly lifetimeMs: number | undefined;
  readonly projectId: string | undefined;
  readonly catalogue: readonly Endpoint[];
}

/** The body of a Keystone v3 answer; undefined when it is none. */
export function tokenFromV3(id: string | undefined, body: JsonValue): Token | undefined {
  const token = mapAt(asMap(body), 'token');
  if (id === undefined || Object.keys(token).length === 0) return undefined;
  return {
    id: new Secret(id),
    lifetimeMs: lifetime(token['issued_at'], token['expires_at']),
    projectId: textOf(mapAt(token, 'project')['id']),
    catalogue: mapsIn(token['catalog']).flatMap((service) =>
      mapsIn(service['endpoints']).map((endpoint) => ({
        type: textOf(service['type']) ?? '',
        name: textOf(service['name']),
        interface: textOf(endpoint['interface']) ?? '',
        region: textOf(endpoint['region_id']) ?? textOf(endpoint['region']),
        url: textOf(endpoint['url']) ?? '',
      })),
    ),
  };
}

/** The body of a Keystone v2 answer, as Rackspace's classic cloud gives it; undefined when it is none. */
export function tokenFromV2(body: JsonValue): Token | undefined {
  const access = mapAt(asMap(body), 'access');
  const token = mapAt(access, 'token');
  const id = textOf(token['id']);
  if (id === undefined) return undefined;
  return {
    id: new Secret(id),
    lifetimeMs: lifetime(token['issued_at'], token['expires']),
    projectId: textOf(mapAt(token, 'tenant')['id']),
    catalogue: mapsIn(access['serviceCatalog']).flatMap((service) =>
      mapsIn(service['endpoints']).flatMap((endpoint) =>
        ['public', 'internal', 'admin'].flatMap((kind) => {
          const url = textOf(endpoint[`${kind}URL`]);
          if (url === undefined) return [];
          return [
            {
              type: textOf(service['type']) ?? '',
              name: textOf(service['name']),
              interface: kind,
              region: textOf(endpoint['region']),
              url,
            },
          ];
        }),
      ),
    ),
  };
}

function lifetime(issued: JsonValue | undefined, expires: JsonValue | undefined): number | undefined {
  const ms = Date.parse(textOf(expires) ?? '') - Date.parse(textOf(issued) ?? '');
  return ms > 0 ? ms : undefined;
}

function asMap(value: JsonValue | undefined): JsonObject {
  return isMap(value) ? value : {};
}

function mapAt(map: JsonObject, key: string): JsonObject {
  return asMap(map[key]);
}

function mapsIn(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isMap) : [];
}

function isMap(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
