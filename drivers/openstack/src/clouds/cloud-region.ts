import { join } from 'node:path';
import { ApiError } from '../errors.js';
import type { CloudProfile, NetworkProfile, ServiceName } from '../session/types.js';
import { type Credentials, credentialsOf } from './credentials.js';
import type { ResolvedRegion } from './resolve-region.js';
import { isSettings, type Setting, type Settings, settingsAt, textAt, toBoolean } from './settings.js';

/** Names under which a service stands in settings and in the catalogue, the official one first. Source: os-service-types. */
export const serviceTypes: Readonly<Record<ServiceName, readonly [string, ...string[]]>> = {
  compute: ['compute'],
  image: ['image'],
  network: ['network'],
  volume: ['block-storage', 'volumev3', 'volumev2', 'volume', 'block-store'],
  'object-store': ['object-store'],
  identity: ['identity'],
};

/** What the settings say of one service. */
export interface ServiceSettings {
  /** The type in the catalogue: what is configured, or the names that the service goes by. */
  readonly types: readonly string[];
  readonly name: string | undefined;
  readonly interfaces: readonly string[];
  readonly region: string | undefined;
  /** Where the service is, whatever the catalogue says. */
  readonly endpoint: string | undefined;
  /** `2`, `3.44`. */
  readonly apiVersion: string | undefined;
}

export interface TlsSettings {
  readonly verify: boolean;
  /** Paths. */
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

/** One region of one cloud, ready to be used. */
export interface CloudRegion {
  readonly cloud: string;
  readonly region: string | undefined;
  readonly credentials: Credentials;
  readonly tls: TlsSettings;
  /** For one request; undefined leaves it to the driver. */
  readonly apiTimeoutMs: number | undefined;
  readonly profile: CloudProfile;
  service(name: ServiceName): ServiceSettings;
}

/**
 * Gives the settings of a region their types.
 *
 * @throws ApiError `misconfigured` for what is missing or makes no sense.
 */
export function toCloudRegion(resolved: ResolvedRegion, home: string): CloudRegion {
  const { settings, cloud } = resolved;
  const services = new Map<ServiceName, ServiceSettings>();
  const region = resolved.region || undefined;
  return {
    cloud,
    region,
    credentials: credentialsOf(settings, cloud),
    tls: tlsOf(settings, cloud, home),
    apiTimeoutMs: timeoutOf(settings, cloud),
    profile: profileOf(resolved),
    service: (name) => {
      const known = services.get(name) ?? serviceOf(settings, name);
      services.set(name, known);
      return known;
    },
  };
}

function serviceOf(settings: Settings, service: ServiceName): ServiceSettings {
  const types = serviceTypes[service];
  const configured = (key: string): string | undefined => {
    for (const type of types) {
      const value = textAt(settings, `${type.replaceAll('-', '_')}_${key}`);
      if (value !== undefined) return value;
    }
    return undefined;
  };
  const type = configured('service_type');
  const apiVersion = configured('api_version');
  return {
    types: type === undefined ? types : [type],
    name: configured('service_name'),
    interfaces: interfacesOf(configured('interface') ?? settings['interface'] ?? null),
    region: configured('region_name') ?? textAt(settings, 'region_name'),
    endpoint: endpointOf(settings, service, configured('endpoint_override') ?? configured('endpoint')),
    apiVersion: apiVersion !== undefined && Number.isFinite(Number(apiVersion)) ? apiVersion : undefined,
  };
}

/** Without any of them the catalogue may be empty, and Keystone is where one has signed in. */
const scopeKeys = ['domain_id', 'domain_name', 'project_id', 'project_name', 'system_scope', 'trust_id'];

function endpointOf(settings: Settings, service: ServiceName, configured: string | undefined): string | undefined {
  const auth = settingsAt(settings, 'auth');
  const authType = settings['auth_type'];
  if (configured === undefined) {
    if (authType === 'none' || authType === 'admin_token') return textAt(auth, 'endpoint');
    return service === 'identity' && !scopeKeys.some((key) => key in auth) ? textAt(auth, 'auth_url') : undefined;
  }
  // The address in Rackspace's profile lacks the project that it must end in.
  const isRackspace = settings['profile'] === 'rackspace' || settings['profile'] === 'rax';
  return isRackspace && service === 'volume' ? configured + (textAt(auth, 'project_id') ?? '') : configured;
}

function interfacesOf(value: Setting): readonly string[] {
  const given = typeof value === 'string' ? [value] : Array.isArray(value) ? value : [];
  const names = given.filter((item: Setting): item is string => typeof item === 'string' && item !== '');
  // Old clouds say publicURL for public.
  return names.length === 0 ? ['public'] : names.map((name) => name.replace(/URL$/, ''));
}

function tlsOf(settings: Settings, cloud: string, home: string): TlsSettings {
  const path = (key: string): string | undefined => {
    const value = textAt(settings, key);
    return value?.startsWith('~/') ? join(home, value.slice(2)) : value;
  };
  const verify = settings['verify'] ?? true;
  if (typeof verify !== 'boolean' && !/^(true|false)$/i.test(String(verify))) {
    throw new ApiError('misconfigured', `cloud ${cloud}: verify must be true or false; a CA file belongs to cacert`);
  }
  const certFile = path('cert');
  return {
    verify: toBoolean(verify) && !toBoolean(settings['insecure']),
    caFile: path('cacert'),
    certFile,
    keyFile: certFile === undefined ? undefined : path('key'),
  };
}

function timeoutOf(settings: Settings, cloud: string): number | undefined {
  const value = settings['api_timeout'];
  if (value === null || value === undefined || value === '') return undefined;
  const seconds = Number(value);
  if (seconds > 0) return seconds * 1000;
  throw new ApiError('misconfigured', `cloud ${cloud}: api_timeout must be a number of seconds`);
}

function profileOf({ settings, forceIpv4 }: ResolvedRegion): CloudProfile {
  const agent = Object.entries(settingsAt(settings, 'disable_vendor_agent'));
  return {
    imageFormat: textAt(settings, 'image_format') ?? 'qcow2',
    imageApiUseTasks: toBoolean(settings['image_api_use_tasks']),
    floatingIpSource: sourceOf(settings['floating_ip_source']),
    securityGroupSource: sourceOf(settings['secgroup_source']),
    requiresFloatingIp: optionalBoolean(settings['requires_floating_ip']),
    isPrivate: toBoolean(settings['private']),
    forceIpv4,
    usesExternalNetwork: optionalBoolean(settings['use_external_network']) ?? true,
    usesInternalNetwork: optionalBoolean(settings['use_internal_network']) ?? true,
    networks: (Array.isArray(settings['networks']) ? settings['networks'] : []).filter(isSettings).map(toNetwork),
    disableVendorAgent: Object.fromEntries(agent.map(([key, value]) => [key, String(value)])),
  };
}

function toNetwork(network: Settings): NetworkProfile {
  const flag = (key: string, otherwise: string): boolean => toBoolean(network[key] ?? network[otherwise]);
  return {
    name: textAt(network, 'name') ?? '',
    routesExternally: toBoolean(network['routes_externally']),
    routesIpv4Externally: flag('routes_ipv4_externally', 'routes_externally'),
    routesIpv6Externally: flag('routes_ipv6_externally', 'routes_externally'),
    natSource: toBoolean(network['nat_source']),
    natDestination: toBoolean(network['nat_destination']),
    defaultInterface: toBoolean(network['default_interface']),
  };
}

/** `None`, in whatever case, is a way to say that there is none. */
function sourceOf(value: Setting | undefined): 'neutron' | 'nova' | undefined {
  const source = typeof value === 'string' ? value.toLowerCase() : undefined;
  return source === 'neutron' || source === 'nova' ? source : undefined;
}

function optionalBoolean(value: Setting | undefined): boolean | undefined {
  return value === undefined || value === null || value === '' ? undefined : toBoolean(value);
}
