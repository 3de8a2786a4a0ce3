/** What a project in {@link LocalCloud} holds; tests read and change it between calls. */
export interface LocalState {
  readonly flavors: { id: string; name: string; vcpus: number; ram: number }[];
  readonly networks: { id: string; name: string; 'router:external': boolean }[];
  readonly images: { id: string; name: string; status: string; created_at: string }[];
  readonly zones: { zoneName: string; zoneState: { available: boolean } }[];
  readonly servers: Map<string, LocalServer>;
  /** How many servers were ever created. */
  created: number;
  readonly ports: Map<string, LocalPort>;
  readonly floatingIps: Map<string, LocalFloatingIp>;
  readonly volumes: Map<string, LocalVolume>;
  /** -1 is unlimited. */
  readonly limits: {
    maxTotalInstances: number;
    maxTotalCores: number;
    maxTotalRAMSize: number;
    maxTotalVolumes: number;
    maxTotalVolumeGigabytes: number;
  };
  /** A network without a router to the floating addresses. */
  readonly unroutedNetworkIds: Set<string>;
}

export interface LocalServer {
  readonly id: string;
  readonly name: string;
  status: string;
  metadata: Record<string, string>;
  readonly flavor: { id: string } | { vcpus: number; ram: number; original_name: string };
  addresses: Record<string, object[]>;
  accessIPv4: string;
  accessIPv6: string;
  readonly hostId: string;
  'OS-EXT-AZ:availability_zone': string;
  'OS-EXT-STS:task_state': string | null;
  'os-extended-volumes:volumes_attached': { id: string }[];
  fault?: { code: number; message: string };
  /** The request that made it. */
  readonly asked: Record<string, unknown>;
}

export interface LocalPort {
  readonly id: string;
  readonly network_id: string;
  device_id: string;
  readonly device_owner: string;
  status: string;
  readonly created_at: string;
  readonly fixed_ips: { ip_address: string }[];
}

export interface LocalFloatingIp {
  readonly id: string;
  readonly floating_ip_address: string;
  port_id: string | null;
}

export interface LocalVolume {
  readonly id: string;
  readonly size: number;
  status: string;
}

/** A small cloud: two internal networks, one external, no servers. */
export function localState(): LocalState {
  return {
    flavors: [
      { id: '1', name: 'm1.tiny', vcpus: 1, ram: 512 },
      { id: '2', name: 'm1.small', vcpus: 2, ram: 2048 },
    ],
    networks: [
      { id: 'net-1', name: 'private', 'router:external': false },
      { id: 'net-2', name: 'other', 'router:external': false },
      { id: 'net-3', name: 'public', 'router:external': true },
    ],
    images: [{ id: 'image-1', name: 'debian', status: 'active', created_at: '2026-01-01T00:00:00Z' }],
    zones: [{ zoneName: 'az1', zoneState: { available: true } }],
    servers: new Map(),
    created: 0,
    ports: new Map(),
    floatingIps: new Map(),
    volumes: new Map(),
    limits: {
      maxTotalInstances: 10,
      maxTotalCores: 20,
      maxTotalRAMSize: 51_200,
      maxTotalVolumes: 10,
      maxTotalVolumeGigabytes: 1000,
    },
    unroutedNetworkIds: new Set(),
  };
}
