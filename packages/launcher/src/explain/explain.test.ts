import { aConfig } from '@nodepool/config/testing';
import type { PoolLabel, ProviderConfig } from '@nodepool/driver-api';
import type { PoolComponent } from '@nodepool/model';
import { aNode, aRequest } from '@nodepool/model/testing';
import { describe, expect, it } from 'vitest';
import { explain } from './explain.js';
import type { Snapshot } from './snapshot.js';

const label: PoolLabel = {
  name: 'small',
  diskimage: undefined,
  cloudImage: 'debian',
  hostKeyChecking: true,
  consoleLog: false,
  instanceProperties: {},
  dynamicInstanceProperties: {},
};

const provider: ProviderConfig = {
  name: 'cloud-a',
  driver: 'fake',
  maxConcurrency: -1,
  priority: undefined,
  callIntervalMs: 0,
  bootTimeoutMs: 1,
  launchTimeoutMs: 1,
  launchRetries: 3,
  imageUploadTimeoutMs: 1,
  imageNameFormat: '{image_name}',
  postUploadHook: undefined,
  diskimages: [],
  cloudImages: [],
  pools: [
    {
      name: 'main',
      priority: 100,
      nodeAttributes: null,
      limits: { instances: 1 },
      ignoreProviderQuota: false,
      availabilityZones: [],
      useInternalIp: false,
      labels: [label],
    },
  ],
};

const worker: PoolComponent = {
  kind: 'pool',
  hostname: 'host',
  state: 'running',
  version: null,
  modelApi: 0,
  id: 'worker-1',
  name: 'main',
  providerName: 'cloud-a',
  supportedLabels: ['small'],
  priority: 100,
  paused: false,
};

function snapshot(parts: Partial<Snapshot> = {}): Snapshot {
  return {
    nowSec: 1_060,
    config: aConfig({ labels: [{ name: 'small', minReady: 2 }], providers: [provider] }),
    configProblem: undefined,
    nodes: [],
    requests: [],
    images: [],
    launchers: [],
    builders: [],
    pools: [worker],
    unreadable: [],
    ...parts,
  };
}

function because(name: string, parts: Partial<Snapshot>): string {
  return explain(name, snapshot(parts))
    .flatMap((each) => [each.kind, ...each.because])
    .join('\n');
}

describe('why a request waits', () => {
  const request = aRequest();
  const withLabel = (changes: Partial<PoolLabel>): ProviderConfig => ({
    ...provider,
    pools: provider.pools.map((pool) => ({ ...pool, labels: [{ ...label, ...changes }] })),
  });

  it.each<[string, Partial<Snapshot>, string]>([
    ['nothing is in the way', {}, 'pool cloud-a/main: can take it'],
    ['the pool is full', { nodes: [{ ...aNode(), locked: false }] }, 'is short of instances (1 of 1 used)'],
    ['no launcher runs', { pools: [] }, 'pool cloud-a/main: no launcher serves it'],
    ['the cloud is full', { pools: [{ ...worker, paused: true }] }, 'waits for quota of its provider'],
    [
      'the image is missing',
      { config: aConfig({ providers: [withLabel({ diskimage: 'debian' })] }) },
      'declines, because label small has no image',
    ],
    ['nobody offers it', { config: aConfig(), pools: [] }, 'no pool offers small together'],
    [
      'others come first',
      { requests: [aRequest({ id: '050-0000000009' }), request] },
      'requests before it in the queue: 1',
    ],
    [
      'a pool of others may take it',
      { config: aConfig() },
      'pool cloud-a/main: may take it; this configuration does not have it',
    ],
    [
      'its tenant has all it may have',
      {
        config: aConfig({ providers: [provider], tenantLimits: { 'tenant-a': { instances: 0 } } }),
        requests: [aRequest({ tenantName: 'tenant-a' })],
      },
      'tenant tenant-a is short of instances (0 of 0 used)',
    ],
  ])('%s', (_, parts, expected) => {
    expect(because(request.id, { requests: [request], ...parts })).toContain(expected);
  });

  it('tells what more is wanted than there can be', () => {
    const two = aRequest({ nodeTypes: ['small', 'small'] });

    expect(because(two.id, { requests: [two] })).toContain('request needs more instances than there are');
  });

  it('tells which pool has declined it', () => {
    const declined = aRequest({ declinedBy: ['worker-1'] });

    expect(because(declined.id, { requests: [declined] })).toContain('pool cloud-a/main: has declined it');
  });

  it('shows the nodes that are made for it', () => {
    const pending = aRequest({ state: 'pending', nodeTypes: ['small', 'small'] });
    const node = { ...aNode({ state: 'building', allocatedTo: pending.id }), locked: true };

    const text = because(pending.id, { requests: [pending], nodes: [node] });

    expect(text).toContain('node 0000000001 of cloud-a/main: building for 1 min');
    expect(text).toContain('nodes without a record, for which its pool still needs room: 1');
  });
});

describe('why others are as they are', () => {
  it('finds the request of a node, and misses one that is gone', () => {
    const node = { ...aNode({ allocatedTo: '100-0000000001' }), locked: false };

    expect(because(node.id, { nodes: [node], requests: [aRequest()] })).toContain('(requested) of zuul');
    expect(because(node.id, { nodes: [node] })).toContain('which is gone');
  });

  it('tells who holds a node that nobody serves', () => {
    const node = { ...aNode({ state: 'deleting' }), locked: false };

    expect(because(node.id, { nodes: [node], pools: [] })).toContain('no launcher serves provider cloud-a');
  });

  it('counts the stock of a label', () => {
    const node = { ...aNode(), locked: false };

    expect(because('small', { nodes: [node] })).toContain('ready and not allocated: 1, wanted by min-ready: 2');
  });

  it('tells that an image was never built, and why an upload has failed', () => {
    const image = { image: 'debian', paused: true, buildRequest: undefined, builds: [] };
    const upload = {
      id: '0000000001',
      image: 'debian',
      buildId: 'b1',
      provider: 'cloud-a',
      state: 'failed' as const,
      stateTimeSec: 1_000,
      externalId: null,
      externalName: null,
      format: null,
      username: null,
      pythonPath: null,
      shellType: null,
      failureReason: 'checksum differs',
    };

    const text = because('debian', { images: [{ ...image, uploads: [upload] }] });

    expect(text).toContain('no build of it is ready');
    expect(text).toContain('paused: nobody builds it');
    expect(text).toContain('cloud-a: upload 0000000001 of build b1 failed for 1 min: checksum differs');
  });

  it('tells what would help', () => {
    const held = { ...aNode({ state: 'hold' }), locked: false };
    const image = { image: 'debian', paused: true, buildRequest: undefined, builds: [], uploads: [] };
    const remedies = (name: string, parts: Partial<Snapshot>): readonly string[] =>
      explain(name, snapshot(parts)).flatMap((each) => each.remedies);

    expect(remedies(held.id, { nodes: [held] })).toEqual([expect.stringContaining(`nodepool delete ${held.id}`)]);
    expect(remedies('debian', { images: [image] })).toEqual([
      expect.stringContaining('nodepool image-unpause debian'),
      'start a builder',
    ]);
    expect(remedies('small', { pools: [] })).toEqual([expect.stringContaining('start a launcher')]);
  });

  it('counts the quota of an account where the cloud was asked', () => {
    const node = { ...aNode({ pool: 'other', resources: { instances: 1, cores: 4 } }), locked: false };
    const cloud = () => ({
      figure: { cores: 6 },
      needed: () => ({ instances: 1, cores: 4 }),
      brokenBecause: () => undefined,
      hasCloudImage: () => true,
    });

    expect(because('small', { nodes: [node], cloud })).toContain(
      'waits for quota of its provider: cores (4 of 6 used)',
    );
  });

  it('finds nothing under an unknown name', () => {
    expect(explain('nothing', snapshot())).toEqual([]);
  });
});
