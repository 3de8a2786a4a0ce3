import type { ImageBuild, ImageUpload, Node, NodeRequest } from '../index.js';

/** A ready, unallocated node of provider `cloud-a`, pool `main`, label `small`; override what the test is about. */
export function aNode(overrides: Partial<Node> = {}): Node {
  return {
    id: '0000000001',
    state: 'ready',
    stateTimeSec: 1_000,
    createdTimeSec: 1_000,
    type: ['small'],
    provider: 'cloud-a',
    pool: 'main',
    launcher: 'launcher-1-PoolWorker.cloud-a-main-00000000000000000000000000000001',
    allocatedTo: null,
    requestor: null,
    tenantName: null,
    externalId: 'instance-1',
    hostname: null,
    interfaceIp: '192.0.2.1',
    publicIpv4: '192.0.2.1',
    privateIpv4: null,
    publicIpv6: null,
    hostId: null,
    cloud: null,
    region: null,
    az: null,
    imageId: null,
    username: 'zuul',
    connectionType: 'ssh',
    connectionPort: 22,
    shellType: null,
    pythonPath: 'auto',
    hostKeys: [],
    attributes: null,
    resources: { cores: 1, instances: 1, ram: 1024 },
    slot: null,
    driverData: null,
    userData: null,
    holdJob: null,
    holdExpirationSec: null,
    comment: null,
    ...overrides,
  };
}

/** An open request for one node of label `small`. */
export function aRequest(overrides: Partial<NodeRequest> = {}): NodeRequest {
  return {
    id: '100-0000000001',
    state: 'requested',
    stateTimeSec: 1_000,
    createdTimeSec: 1_000,
    nodeTypes: ['small'],
    nodes: [],
    declinedBy: [],
    reuse: true,
    requestor: 'zuul',
    requestorData: null,
    provider: null,
    relativePriority: 0,
    eventId: null,
    tenantName: null,
    ...overrides,
  };
}

/** A ready build of image `debian`. */
export function aBuild(overrides: Partial<ImageBuild> = {}): ImageBuild {
  return {
    id: '0123456789abcdef0123456789abcdef',
    image: 'debian',
    state: 'ready',
    stateTimeSec: 1_000,
    builder: 'builder-1.example.com',
    builderId: '5357351b-7ef5-41db-84e2-3f94b17efc7a',
    formats: ['qcow2'],
    username: 'zuul',
    pythonPath: 'auto',
    shellType: null,
    ...overrides,
  };
}

/** A ready upload of that build to provider `cloud-a`. */
export function anUpload(overrides: Partial<ImageUpload> = {}): ImageUpload {
  return {
    id: '0000000001',
    image: 'debian',
    buildId: '0123456789abcdef0123456789abcdef',
    provider: 'cloud-a',
    state: 'ready',
    stateTimeSec: 1_000,
    externalId: 'image-1',
    externalName: 'debian-1000',
    format: 'qcow2',
    username: 'zuul',
    pythonPath: 'auto',
    shellType: null,
    failureReason: null,
    ...overrides,
  };
}
