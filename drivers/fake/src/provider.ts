import type { LaunchSpec, LaunchTicket, Provider, ProviderDeps, RunningInstance } from '@nodepool/driver-api';
import { ProviderError } from '@nodepool/driver-api';
import { drawMs, happens, pass } from './chance.js';
import type { FakeCloud, FakeInstance } from './cloud.js';
import type { FakeProviderConfig } from './config.js';
import { imageStore, isOurs } from './images.js';
import { neededResources, quotaSource } from './quota.js';

/** Name by which the host check knows addresses that it must not contact. */
const fakeAddress = 'fake';

export function fakeProvider(config: FakeProviderConfig, cloud: FakeCloud, deps: ProviderDeps): Provider {
  const { fake } = config;
  const { clock, random } = deps;
  return {
    launch: async (spec, { signal }) => {
      signal.throwIfAborted();
      const left = cloud.instanceOfNode(spec.tags);
      if (left !== undefined) return ticketFor(left);
      const instance = newInstance(config, cloud, spec, deps);
      cloud.instances.add(instance);
      // The answer is late, not the instance: whoever dies now leaves it behind with its tags.
      await pass(drawMs(fake.launchTime, random), clock, signal);
      return ticketFor(instance);
    },

    checkLaunch: async ({ externalId }, { signal }) => {
      signal.throwIfAborted();
      const instance = typeof externalId === 'string' ? cloud.instances.get(externalId) : undefined;
      if (instance === undefined || cloud.instances.isCondemned(instance.id)) {
        throw new ProviderError('launch-failed', `the instance ${String(externalId)} vanished while it booted`);
      }
      const leftMs = instance.runsAtMs - clock.now();
      if (leftMs > 0) return { state: 'pending', recheckAfterMs: Math.ceil(leftMs) };
      if (instance.fails) {
        throw new ProviderError('launch-failed', `the instance ${instance.id} went into an error`, {
          statusKey: 'error.status',
        });
      }
      return { state: 'running', instance: runningInstance(config, instance) };
    },

    terminate: async (externalId, { signal }) => {
      signal.throwIfAborted();
      const instance = typeof externalId === 'string' ? cloud.instances.get(externalId) : undefined;
      if (instance === undefined) {
        throw new ProviderError('not-found', `the fake cloud has no instance ${String(externalId)}`);
      }
      if (happens(fake.failures.delete, random)) {
        throw new ProviderError('transient', `deleting ${instance.id}: the fake cloud refused`);
      }
      cloud.instances.condemn(instance.id, drawMs(fake.deleteTime, random));
    },

    listInstances: async ({ signal }) => {
      signal.throwIfAborted();
      return cloud.instances
        .all()
        .filter(isOurs)
        .map((instance) => ({
          externalId: instance.id,
          tags: instance.tags,
          status: statusOf(cloud, instance, clock.now()),
          resources: instance.resources,
        }));
    },

    ...(fake.availabilityZones.length > 0 && { zones: async () => fake.availabilityZones }),

    consoleLog: async (externalId, { signal }) => {
      signal.throwIfAborted();
      const instance = typeof externalId === 'string' ? cloud.instances.get(externalId) : undefined;
      if (instance === undefined) return undefined;
      const last = instance.fails ? 'Kernel panic - not syncing: VFS: Unable to mount root fs' : 'login:';
      return `[    0.000000] Linux version 0.0.0-fake\n${instance.hostname} ${last}\n`;
    },

    images: imageStore(config, cloud, deps),
    quota: quotaSource(config),
  };
}

/** Decides at once what will become of the instance, so that every process that looks at it sees the same. */
function newInstance(
  config: FakeProviderConfig,
  cloud: FakeCloud,
  spec: LaunchSpec,
  { clock, random }: ProviderDeps,
): FakeInstance {
  const { fake } = config;
  const resources = neededResources(config, spec.pool.name, spec.label);
  const az = chooseZone(config, spec, random.next);
  requireImage(cloud, spec);
  if (happens(fake.failures.launch, random)) {
    throw new ProviderError('launch-failed', `launching ${spec.hostname}: the fake cloud refused`);
  }
  if (happens(fake.failures.capacity, random)) {
    throw new ProviderError('capacity', `launching ${spec.hostname}: no host has room`, {
      statusKey: 'error.capacity',
    });
  }
  const exceeded = happens(fake.failures.quota, random) ? ['instances'] : cloud.exceeded(fake.quota, resources);
  if (exceeded.length > 0) {
    throw new ProviderError('quota', `launching ${spec.hostname}: quota exceeded for ${exceeded.join(', ')}`, {
      statusKey: 'error.quota',
    });
  }
  return {
    id: random.hexId(),
    hostname: spec.hostname,
    tags: spec.tags,
    az,
    resources,
    runsAtMs: clock.now() + drawMs(fake.bootTime, random),
    fails: happens(fake.failures.boot, random),
  };
}

function chooseZone(config: FakeProviderConfig, spec: LaunchSpec, next: () => number): string {
  const zones = config.fake.availabilityZones;
  if (spec.az === undefined) return zones[Math.floor(next() * zones.length)] ?? 'az1';
  if (zones.length === 0 || zones.includes(spec.az)) return spec.az;
  throw new ProviderError('misconfigured', `the fake cloud has no availability zone ${spec.az}`);
}

/** Only a cloud that the builder shares with the launcher knows what was uploaded. */
function requireImage(cloud: FakeCloud, { image, hostname }: LaunchSpec): void {
  if (image.kind === 'cloud-image' || !cloud.images.shared || cloud.images.get(image.externalId) !== undefined) return;
  throw new ProviderError('launch-failed', `launching ${hostname}: the fake cloud has no image ${image.externalId}`);
}

function ticketFor(instance: FakeInstance): LaunchTicket {
  return { externalId: instance.id, data: null };
}

function statusOf(cloud: FakeCloud, instance: FakeInstance, nowMs: number): string {
  if (cloud.instances.isCondemned(instance.id)) return 'DELETING';
  if (instance.runsAtMs > nowMs) return 'BUILD';
  return instance.fails ? 'ERROR' : 'ACTIVE';
}

function runningInstance(config: FakeProviderConfig, instance: FakeInstance): RunningInstance {
  return {
    externalId: instance.id,
    interfaceIp: fakeAddress,
    publicIpv4: fakeAddress,
    privateIpv4: fakeAddress,
    publicIpv6: '',
    cloud: config.cloud,
    region: config.regionName ?? null,
    az: instance.az,
    hostId: 'fake',
    driverData: null,
    slot: null,
  };
}
