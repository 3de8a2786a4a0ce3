import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CallContext,
  externalIdText,
  type Instance,
  type LaunchProgress,
  type LaunchSpec,
  type LaunchTicket,
  type Provider,
  type RunningInstance,
  tagKeys,
} from '@nodepool/driver-api';
import type { Resources } from '@nodepool/model';
import { type Clock, silentLogger, systemClock, systemRandom } from '@nodepool/runtime';
import { configSchema, type OpenStackProviderConfig } from '../config.js';
import { providerOf } from '../provider.js';
import { openCloudSession } from '../session/cloud-session.js';
import type { LocalCloud } from './local-cloud.js';

export const ctx: CallContext = { signal: new AbortController().signal, log: silentLogger };

/** Keys of nodepool.yaml that go over those of {@link openSubject}. */
export interface SubjectKeys {
  readonly provider?: object;
  readonly pool?: object;
  readonly label?: object;
  readonly image?: object;
}

/** A provider in a {@link LocalCloud}, with what a launcher does with it. */
export interface Subject extends AsyncDisposable {
  readonly provider: Provider;
  readonly config: OpenStackProviderConfig;
  /** How far the provider's clock is ahead of the machine's. */
  readonly time: { laterMs: number };
  launch(nodeId: string, more?: { az?: string; tags?: Readonly<Record<string, string>> }): Promise<LaunchTicket>;
  /** @param instances what the shared list shows; what the cloud has when absent. */
  check(ticket: LaunchTicket, instances?: readonly Instance[]): Promise<LaunchProgress>;
  untilRunning(ticket: LaunchTicket): Promise<RunningInstance>;
  needed(): Promise<Resources | undefined>;
}

/** A provider `local` with a pool `main` and a label `small`. */
export async function openSubject(cloud: LocalCloud, keys: SubjectKeys = {}): Promise<Subject> {
  const directory = await mkdtemp(join(tmpdir(), 'np-openstack-'));
  const path = join(directory, 'clouds.yaml');
  await writeFile(path, JSON.stringify({ clouds: { local: cloud.profile } }), { mode: 0o600 });
  const config = aConfig(keys);
  const time = { laterMs: 0 };
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now() + time.laterMs,
    monotonicMs: () => systemClock.monotonicMs() + time.laterMs,
  };
  const deps = { clock, random: systemRandom, log: silentLogger };
  const places = { env: { OS_CLIENT_CONFIG_FILE: path }, cwd: directory, home: directory };
  const session = openCloudSession({ cloud: 'local', regionName: undefined }, deps, places);
  const provider = providerOf(config, session, deps);
  const subject: Subject = {
    provider,
    config,
    time,
    launch: (nodeId, more = {}) => provider.launch(aSpec(config, nodeId, more), ctx),
    check: (ticket, instances) => {
      const listed = async (): Promise<ReadonlyMap<string, Instance>> =>
        new Map((instances ?? (await provider.listInstances(ctx))).map((one) => [externalIdText(one.externalId), one]));
      return provider.checkLaunch(ticket, { ...ctx, instances: listed });
    },
    untilRunning: async (ticket) => {
      const progress = await subject.check(ticket);
      if (progress.state === 'running') return progress.instance;
      throw new Error('the server does not run');
    },
    needed: async () => {
      const { pool, label } = firstOf(config);
      return provider.quota?.needed(pool, label, ctx);
    },
    [Symbol.asyncDispose]: async () => {
      await provider.close?.();
      await rm(directory, { recursive: true });
    },
  };
  return subject;
}

function aConfig({ provider, pool, label, image }: SubjectKeys): OpenStackProviderConfig {
  const labels = [{ name: 'small', 'cloud-image': 'debian', 'flavor-name': 'm1.tiny', ...label }];
  return configSchema.parse({
    name: 'local',
    driver: 'openstack',
    cloud: 'local',
    'cloud-images': [{ name: 'debian', 'image-id': 'image-1', ...image }],
    pools: [{ name: 'main', labels, ...pool }],
    ...provider,
  });
}

/** What the core asks for when it launches the label of {@link aConfig}. */
function aSpec(
  config: OpenStackProviderConfig,
  nodeId: string,
  { az, tags }: { az?: string; tags?: Readonly<Record<string, string>> },
): LaunchSpec {
  const { pool, label, image } = firstOf(config);
  return {
    nodeId,
    hostname: `np${nodeId}`,
    pool,
    label,
    image: { kind: 'cloud-image', config: image },
    az,
    tags: {
      ...tags,
      [tagKeys.nodeId]: nodeId,
      [tagKeys.poolName]: pool.name,
      [tagKeys.providerName]: config.name,
    },
  };
}

function firstOf(config: OpenStackProviderConfig) {
  const [pool] = config.pools;
  const label = pool?.labels[0];
  const [image] = config.cloudImages;
  if (pool === undefined || label === undefined || image === undefined) throw new Error('incomplete configuration');
  return { pool, label, image };
}
