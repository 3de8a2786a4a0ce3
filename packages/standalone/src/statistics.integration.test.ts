import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBuilder } from '@nodepool/builder';
import { driverProviders, openConfig } from '@nodepool/daemon';
import { startLauncher } from '@nodepool/launcher';
import { systemClock, systemRandom } from '@nodepool/runtime';
import { recordLog } from '@nodepool/runtime/testing';
import { openMemoryStore } from '@nodepool/store/memory';
import { openTelemetry } from '@nodepool/telemetry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const fakeDib = fileURLToPath(new URL('../../builder/src/testing/fake-dib.sh', import.meta.url));

const configuration = (dir: string): string => `
zookeeper-servers: [{ host: unused }]
images-dir: ${dir}/images
build-log-dir: ${dir}/logs
images-dir-min-free: 0
tenant-resource-limits:
  - { tenant-name: "tenant.a", max-cores: 40, max-servers: 10, max-ram: 81920 }
diskimages:
  - { name: fake-image, dib-cmd: ${fakeDib}, formats: [qcow2], elements: [vm] }
labels:
  - { name: small-fake, min-ready: 1 }
providers:
  - name: fake-provider
    driver: fake
    diskimages: [{ name: fake-image }]
    pools:
      - name: main
        max-servers: 12
        availability-zones: [az1]
        labels: [{ name: small-fake, diskimage: fake-image, min-ram: 1024 }]
`;

const nodeStates = [
  'aborted',
  'building',
  'deleted',
  'deleting',
  'failed',
  'hold',
  'in-use',
  'init',
  'ready',
  'testing',
  'used',
];

/** Every key of docs/compatibility/interfaces.md sections 4.1 and 4.2, leaks aside, for the configuration above. */
const keysOfTheOriginal: readonly string[] = [
  'dib_image_build.fake-image.qcow2.size|g',
  'dib_image_build.fake-image.status.duration|ms',
  'dib_image_build.fake-image.status.last_build|g',
  'dib_image_build.fake-image.status.rc|g',
  'image_update.fake-image.fake-provider|c',
  'image_update.fake-image.fake-provider|ms',
  'image_build_requests|g',
  'image.fake-image.image_build_requests|g',
  'builder.vm.example.com.image.fake-image.build.state|g',
  'builder.vm.example.com.image.fake-image.provider.fake-provider.upload.state|g',
  'builder.vm.current_builds|g',
  'builder.vm.current_uploads|g',
  'builder.vm.build_workers|g',
  'builder.vm.upload_workers|g',
  ...nodeStates.flatMap((state) => [
    `nodes.${state}|g`,
    `label.small-fake.nodes.${state}|g`,
    `provider.fake-provider.nodes.${state}|g`,
  ]),
  'provider.fake-provider.pool.main.addressable_requests|g',
  'provider.fake-provider.max_servers|g',
  'tenant_limits.tenant_a.cores|g',
  'tenant_limits.tenant_a.instances|g',
  'tenant_limits.tenant_a.ram|g',
  ...[
    'launch.ready',
    'launch.provider.fake-provider.ready',
    'launch.provider.fake-provider.az1.ready',
    'launch.requestor.NodePool_min-ready.ready',
  ].flatMap((key) => [`${key}|c`, `${key}|ms`]),
  'launcher.vm.zk.client.connection_queue|g',
  ...['node', 'request', 'image'].flatMap((cache) => [
    `launcher.vm.zk.${cache}_cache.event_queue|g`,
    `launcher.vm.zk.${cache}_cache.playback_queue|g`,
  ]),
].map((key) => `nodepool.${key}`);

/** Collects the keys, with their types, that arrive at a port of loopback. */
async function listen() {
  const socket = createSocket('udp4');
  const keys = new Set<string>();
  const values = new Map<string, string>();
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.on('message', (packet) => {
    for (const line of packet.toString().split('\n').filter(Boolean)) {
      const [, key, value, type] = /^(.*):([^:|]*)\|(\w+)$/.exec(line) ?? [];
      keys.add(`${key}|${type}`);
      values.set(`${key}|${type}`, value ?? '');
    }
    socket.emit('counted');
  });
  return { socket, keys, values };
}

describe('the statistics of a launcher and a builder', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nodepool-statistics-'));
  });

  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('arrive over UDP under every key of the original, and no other', async () => {
    await using resources = new AsyncDisposableStack();
    const { socket, keys, values } = await listen();
    resources.defer(() => void socket.close());
    const configPath = join(dir, 'nodepool.yaml');
    await writeFile(configPath, configuration(dir));
    const env = { STATSD_HOST: '127.0.0.1', STATSD_PORT: String(socket.address().port) };
    const [clock, random, log] = [systemClock, systemRandom, recordLog()];
    const options = { path: configPath, securePath: undefined, env: {}, clock, log };
    const config = resources.use(await openConfig(options));
    const telemetry = resources.use(openTelemetry({ env, hostname: 'vm', clock, log }));
    const { store, zk } = openMemoryStore({ clock, random });
    resources.defer(() => zk.close());
    const { metrics } = telemetry;
    const identity = { fqdn: 'vm.example.com', hostname: 'vm', version: '1.0' };
    const common = { config, store, providers: driverProviders(), clock, random, log, metrics, identity };

    const builder = await startBuilder({ ...common, buildWorkers: 1, uploadWorkers: 1 });
    resources.defer(() => builder.stop({ graceful: false }));
    const launcher = await startLauncher({ ...common, statistics: { candidate: 'vm-1' } });
    resources.defer(() => launcher.stop({ graceful: false }));
    const patience = AbortSignal.timeout(60_000);
    const isReady = (): boolean => values.get('nodepool.nodes.ready|g') === '1';
    while (!(isReady() && keysOfTheOriginal.every((key) => keys.has(key))) && !patience.aborted) {
      await once(socket, 'counted', { signal: patience }).catch(() => undefined);
    }

    expect([...keys].sort()).toEqual([...keysOfTheOriginal].sort());
    expect(values.get('nodepool.nodes.ready|g')).toBe('1');
    expect(values.get('nodepool.provider.fake-provider.max_servers|g')).toBe('12');
    expect(values.get('nodepool.tenant_limits.tenant_a.ram|g')).toBe('81920');
  });
});
