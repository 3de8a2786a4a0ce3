import {
  type CallContext,
  type Provider,
  type ProviderDeps,
  ProviderError,
  type QuotaSource,
} from '@nodepool/driver-api';
import type { OpenStackProviderConfig } from './config.js';
import { ApiError } from './errors.js';
import { FlavorList } from './flavors/flavor-list.js';
import { Glance } from './images/glance.js';
import { createImageStore } from './images/image-store.js';
import { leakSweeper } from './leaks/leaks.js';
import { FloatingIps } from './networks/floating-ips.js';
import { hasLocalIpv6 } from './networks/local-ipv6.js';
import { Networks } from './networks/networks.js';
import { quotaSource } from './quota/quota.js';
import { checkLaunch } from './servers/check.js';
import { CloudImageIds } from './servers/cloud-image.js';
import { consoleLog } from './servers/console.js';
import { ServerLauncher } from './servers/launch.js';
import { LaunchedServers } from './servers/launched.js';
import { ServerList } from './servers/server-list.js';
import { terminate } from './servers/terminate.js';
import { listZones } from './servers/zones.js';
import { openCloudSession } from './session/cloud-session.js';
import type { CloudSession } from './session/types.js';
import { VolumeSizes } from './volumes/volume-sizes.js';

/** A provider in the region of the cloud that its configuration names. */
export function createProvider(config: OpenStackProviderConfig, deps: ProviderDeps): Provider {
  const place = { cloud: config.cloud, regionName: config.regionName };
  return providerOf(config, openCloudSession(place, deps), deps);
}

/** A provider on a session that is there already. */
export function providerOf(config: OpenStackProviderConfig, session: CloudSession, deps: ProviderDeps): Provider {
  const { clock, random } = deps;
  const flavors = new FlavorList(session, clock);
  const networks = new Networks(session, clock);
  const floatingIps = new FloatingIps(session, networks);
  const volumes = new VolumeSizes(session);
  const servers = new ServerList(session, flavors, volumes);
  const images = new CloudImageIds(new Glance(session), session.cloudName, clock);
  const ownId = random.hexId();
  const launched = new LaunchedServers(config.name);
  const launcher = new ServerLauncher({ config, session, flavors, images, networks, servers, launched, ownId });
  const checkDeps = { session, servers, networks, floatingIps, clock, hasLocalIpv6: hasLocalIpv6(), ownId };
  return {
    pacesRequests: true,
    launch: (spec, ctx) => passingRefusals(launcher.launch(spec, ctx)),
    checkLaunch: (ticket, ctx) => passingRefusals(checkLaunch(ticket, ctx, checkDeps)),
    terminate: (externalId, ctx) => terminate(externalId, ctx, { config, session, servers, floatingIps }),
    listInstances: (ctx) => servers.instances(ctx),
    zones: (ctx) => listZones(session, ctx),
    consoleLog: (externalId, ctx) => consoleLog(session, externalId, ctx),
    images: createImageStore(session, config, { clock, random }),
    quota: quotaOf(quotaSource({ config, session, flavors, servers, volumes })),
    leaks: leakSweeper({ config, session, servers, launched, floatingIps, clock }),
    close: () => session.close(),
  };
}

function quotaOf(quota: QuotaSource): QuotaSource {
  return {
    limits: (ctx: CallContext) => quota.limits(ctx),
    needed: (pool, label, ctx) => passingRefusals(quota.needed(pool, label, ctx)),
  };
}

/**
 * A password that is refused, or a clouds.yaml that cannot be read, is no fault of a label: it may be put right without
 * any change of nodepool.yaml, so that the label must not be given up for good.
 */
async function passingRefusals<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'misconfigured') throw error;
    throw new ProviderError('launch-failed', error.message, { cause: error.cause });
  }
}
