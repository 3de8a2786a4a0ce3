import {
  type CallContext,
  type LeakCandidate,
  type LeakSweeper,
  providerErrorCode,
  tagKeys,
} from '@nodepool/driver-api';
import type { Clock } from '@nodepool/runtime';
import type { OpenStackProviderConfig } from '../config.js';
import type { FloatingIps } from '../networks/floating-ips.js';
import type { ServerList } from '../servers/server-list.js';
import type { CloudSession } from '../session/types.js';
import { DownPorts } from './down-ports.js';

export interface LeakDeps {
  readonly config: OpenStackProviderConfig;
  readonly session: CloudSession;
  readonly servers: ServerList;
  readonly floatingIps: FloatingIps;
  readonly clock: Clock;
}

/**
 * What servers leave behind: ports that have been down for long, and floating addresses that nothing uses where the
 * operator allows it. Neither carries tags, so that the project must be used by nobody else.
 *
 * Source: docs/compatibility/launcher.md section 10.
 */
export function leakSweeper(deps: LeakDeps): LeakSweeper {
  const { config, session, floatingIps } = deps;
  const ports = new DownPorts(deps.session, deps.servers, deps.clock, config.portCleanupIntervalMs);
  const tags = { [tagKeys.providerName]: config.name };
  const candidate =
    (kind: string) =>
    (id: string): LeakCandidate => ({ id, kind, tags, unused: true });
  return {
    list: async (ctx) => {
      if (!(await session.hasService('network', ctx))) return [];
      const down = config.portCleanupIntervalMs > 0 ? await ports.longDown(ctx) : [];
      const unattached = config.cleanFloatingIps ? await floatingIps.unattached(ctx) : [];
      return [...down.map(candidate('ports')), ...unattached.map(({ id }) => id).map(candidate('floatingips'))];
    },
    remove: async ({ id, kind }, ctx) => {
      if (kind === 'ports') await ports.remove(id, ctx);
      else await removeUnattached(id, floatingIps, ctx);
    },
  };
}

/** Somebody may have taken it into use since it was listed. */
async function removeUnattached(id: string, floatingIps: FloatingIps, ctx: CallContext): Promise<void> {
  try {
    const { port_id: port } = await floatingIps.one(id, ctx);
    if ((port ?? '') === '') await floatingIps.remove(id, ctx);
  } catch (error) {
    if (providerErrorCode(error) !== 'not-found') throw error;
  }
}
