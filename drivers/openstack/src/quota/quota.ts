import type { CallContext, OpenStackLikeLabel, QuotaSource } from '@nodepool/driver-api';
import { addResources, type Resources, subtractResources } from '@nodepool/model';
import { z } from 'zod';
import { readAnswer } from '../answer.js';
import { findLabel, type OpenStackProviderConfig } from '../config.js';
import type { FlavorList } from '../flavors/flavor-list.js';
import type { Flavor } from '../flavors/flavors.js';
import { isTagged, type Server } from '../servers/server.js';
import type { ServerList } from '../servers/server-list.js';
import type { CloudSession } from '../session/types.js';
import type { VolumeSizes } from '../volumes/volume-sizes.js';

/** -1 is unlimited. */
const limit = z.number().optional();

// Source: https://docs.openstack.org/api-ref/compute/#show-rate-and-absolute-limits
const ComputeLimits = z.object({
  limits: z.object({
    absolute: z.object({ maxTotalInstances: limit, maxTotalCores: limit, maxTotalRAMSize: limit }),
  }),
});

// Source: https://docs.openstack.org/api-ref/block-storage/v3/#show-absolute-limits-for-project
const VolumeLimits = z.object({
  limits: z.object({ absolute: z.object({ maxTotalVolumes: limit, maxTotalVolumeGigabytes: limit }) }),
});

export interface QuotaDeps {
  readonly config: OpenStackProviderConfig;
  readonly session: CloudSession;
  readonly flavors: FlavorList;
  readonly servers: ServerList;
  readonly volumes: VolumeSizes;
}

/**
 * The project's limits, less what servers and volumes take that are not Nodepool's: the core knows only what carries
 * tags. Source: docs/compatibility/launcher.md section 6.
 */
export function quotaSource(deps: QuotaDeps): QuotaSource {
  return {
    limits: async (ctx) => {
      const limits = { ...(await computeLimits(deps.session, ctx)), ...(await volumeLimits(deps, ctx)) };
      const servers = await deps.servers.fetch(ctx);
      return withoutOthers(limits, await othersUse(servers, deps, ctx));
    },
    needed: async (pool, label, ctx) => {
      const own = findLabel(deps.config, pool.name, label.name);
      return resourcesOfLabel(own, await deps.flavors.ofLabel(own, ctx));
    },
  };
}

function resourcesOfLabel(label: OpenStackLikeLabel, flavor: Flavor): Resources {
  return {
    instances: 1,
    cores: flavor.vcpus,
    ram: flavor.ram,
    ...(label.bootFromVolume && { volumes: 1, 'volume-gb': label.volumeSizeGb }),
  };
}

async function computeLimits(session: CloudSession, ctx: CallContext): Promise<Resources> {
  const doing = 'reading compute limits';
  const { body } = await session.request('compute', { method: 'GET', path: '/limits', doing }, ctx);
  const { absolute } = readAnswer(ComputeLimits, body, doing).limits;
  return bounded({
    instances: absolute.maxTotalInstances,
    cores: absolute.maxTotalCores,
    ram: absolute.maxTotalRAMSize,
  });
}

/** Asked for only where volumes are used. A cloud without block storage limits none. */
async function volumeLimits({ config, session, volumes }: QuotaDeps, ctx: CallContext): Promise<Resources> {
  const usesVolumes = config.pools.some(({ labels }) => labels.some(({ bootFromVolume }) => bootFromVolume));
  if (!usesVolumes || !(await session.hasService('volume', ctx))) return {};
  const doing = 'reading volume limits';
  const { body } = await session.request('volume', { method: 'GET', path: '/limits', doing }, ctx);
  const { absolute } = readAnswer(VolumeLimits, body, doing).limits;
  await volumes.refresh(ctx);
  return bounded({ volumes: absolute.maxTotalVolumes, 'volume-gb': absolute.maxTotalVolumeGigabytes });
}

function bounded(limits: Readonly<Record<string, number | undefined>>): Resources {
  const entries = Object.entries(limits);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, number] => entry[1] !== undefined && entry[1] >= 0),
  );
}

async function othersUse(
  servers: readonly Server[],
  { servers: list, volumes }: QuotaDeps,
  ctx: CallContext,
): Promise<Resources> {
  let used: Resources = {};
  for (const server of servers) {
    if (isTagged(server)) continue;
    const { instances, cores, ram } = await list.resourcesOf(server, ctx);
    used = addResources(used, { instances: instances ?? 0, cores: cores ?? 0, ram: ram ?? 0 });
  }
  // Volumes count attached or not.
  const ours = new Set(servers.filter(isTagged).flatMap(({ volumeIds }) => volumeIds));
  const { count, gb } = volumes.others(ours);
  return addResources(used, { volumes: count, 'volume-gb': gb });
}

/** Unlimited remains unlimited; nothing falls below zero. */
function withoutOthers(limits: Resources, used: Resources): Resources {
  const counted = Object.fromEntries(Object.entries(used).filter(([resource]) => limits[resource] !== undefined));
  const left = subtractResources(limits, counted);
  return Object.fromEntries(Object.entries(left).map(([resource, amount]) => [resource, Math.max(0, amount)]));
}
