import type { Build, Builder, Image, Node, NodeRequest, Pool, Provider, Upload } from '../api/types.js';
import type { Lists, Snapshot } from '../state/snapshot.js';
import { toSnapshot } from '../state/snapshot.js';

/** The time of all samples, seconds since the epoch. */
export const sampleSec = 1_800_000_000;

export function aNode(overrides: Partial<Node> = {}): Node {
  return {
    id: '0000000001',
    labels: ['small'],
    state: 'ready',
    state_time: sampleSec - 60,
    created_time: sampleSec - 120,
    locked: false,
    provider: 'cloud-a',
    pool: 'main',
    launcher: 'nl01',
    allocated_to: null,
    requestor: null,
    tenant_name: null,
    external_id: 'i-1',
    hostname: 'small-1',
    interface_ip: '192.0.2.7',
    public_ipv4: null,
    private_ipv4: null,
    public_ipv6: null,
    region: null,
    az: null,
    image_id: null,
    username: 'zuul',
    connection_type: 'ssh',
    connection_port: 22,
    host_keys: [],
    resources: { instances: 1, cores: 4, ram: 8192 },
    hold_job: null,
    hold_expiration: null,
    comment: null,
    ...overrides,
  };
}

export function aRequest(overrides: Partial<NodeRequest> = {}): NodeRequest {
  return {
    id: '200-0000000001',
    labels: ['small'],
    state: 'requested',
    state_time: sampleSec - 30,
    created_time: sampleSec - 30,
    nodes: [],
    declined_by: [],
    requestor: 'zuul',
    provider: null,
    priority: '200',
    relative_priority: 0,
    event_id: null,
    tenant_name: 'example',
    ...overrides,
  };
}

export function anUpload(overrides: Partial<Upload> = {}): Upload {
  return {
    id: '0000000001',
    build_id: 'b1',
    image: 'debian',
    provider: 'cloud-a',
    state: 'ready',
    state_time: sampleSec - 600,
    external_id: 'img-1',
    external_name: 'debian-1',
    format: 'qcow2',
    current: true,
    reason: null,
    ...overrides,
  };
}

export function aBuild(overrides: Partial<Build> = {}): Build {
  return {
    id: 'b1',
    name: 'debian-b1',
    image: 'debian',
    state: 'ready',
    state_time: sampleSec - 3_600,
    builder: 'nb01',
    formats: ['qcow2'],
    current: true,
    uploads: [anUpload()],
    ...overrides,
  };
}

export function anImage(overrides: Partial<Image> = {}): Image {
  return {
    name: 'debian',
    paused: false,
    configured: true,
    rebuild_age: 86_400,
    build_requested_time: null,
    providers: ['cloud-a'],
    builds: [aBuild()],
    ...overrides,
  };
}

export function aPool(overrides: Partial<Pool> = {}): Pool {
  return {
    id: 'nl01-PoolWorker.cloud-a-main',
    name: 'main',
    provider: 'cloud-a',
    labels: ['small'],
    priority: 100,
    paused: false,
    used: { instances: 4 },
    limits: { instances: 10 },
    ...overrides,
  };
}

export function aProvider(overrides: Partial<Provider> = {}): Provider {
  return {
    name: 'cloud-a',
    driver: 'fake',
    used: { instances: 4 },
    limits: { instances: 20 },
    nodes: { ready: 4 },
    healthy: true,
    problem: null,
    calls: null,
    ...overrides,
  };
}

export function aBuilder(overrides: Partial<Builder> = {}): Builder {
  return { id: 'nb01', hostname: 'nb01', builds: [], uploads: [], ...overrides };
}

/** Lists of a system in which nothing is. */
export const emptyLists: Lists = {
  nodes: [],
  requests: [],
  images: [],
  providers: [],
  pools: [],
  labels: [],
  components: [],
  builders: [],
  overview: {
    now: {
      time: sampleSec,
      nodes: {},
      requests: {},
      oldest_request: null,
      oldest_request_time: null,
      launched: 0,
      failed: 0,
    },
    counting_since: sampleSec - 3_600,
    history: { step: 10, points: [] },
  },
};

/** A small system in which all is well. */
export function sampleLists(overrides: Partial<Lists> = {}): Lists {
  return {
    ...emptyLists,
    nodes: [aNode()],
    requests: [aRequest()],
    images: [anImage()],
    providers: [aProvider()],
    pools: [aPool()],
    labels: [{ name: 'small', min_ready: 1, ready: 1, pools: ['cloud-a/main'] }],
    components: [
      { kind: 'launcher', name: 'nl01', hostname: 'nl01', state: 'running', version: '1.0' },
      { kind: 'builder', name: 'nb01', hostname: 'nb01', state: 'running', version: '1.0' },
    ],
    builders: [aBuilder()],
    ...overrides,
  };
}

export function aSnapshot(overrides: Partial<Lists> = {}): Snapshot {
  return toSnapshot(sampleLists(overrides));
}
