import {
  type CallContext,
  type LeakCandidate,
  type LeakSweeper,
  providerErrorCode,
  tagKeys,
} from '@nodepool/driver-api';
import type { Clock } from '@nodepool/runtime';
import type { FloatingIps } from '../networks/floating-ips.js';
import type { LaunchedServers } from '../servers/launched.js';
import { type TerminateDeps, terminate } from '../servers/terminate.js';
import { DownPorts } from './down-ports.js';

export interface LeakDeps extends TerminateDeps {
  readonly launched: LaunchedServers;
  readonly clock: Clock;
}

/**
 * What launches leave behind: twins, ports that have been down for long, and floating addresses that nothing uses where
 * the operator allows it. Ports and addresses carry no tags, so that the project must be used by nobody else.
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
      const twins = twinsIn(deps).map(candidate('instances'));
      if (!(await session.hasService('network', ctx))) return twins;
      const down = config.portCleanupIntervalMs > 0 ? await ports.longDown(ctx) : [];
      const unattached = config.cleanFloatingIps ? await floatingIps.unattached(ctx) : [];
      const addresses = unattached.map(({ id }) => id);
      return [...twins, ...down.map(candidate('ports')), ...addresses.map(candidate('floatingips'))];
    },
    remove: async ({ id, kind }, ctx) => {
      if (kind === 'instances') await removeTwin(id, deps, ctx);
      else if (kind === 'ports') await ports.remove(id, ctx);
      else await removeUnattached(id, floatingIps, ctx);
    },
  };
}

/** Servers of a node that has another one. */
function twinsIn({ servers: { latest }, launched }: LeakDeps): readonly string[] {
  return [...latest.values()].filter((server) => launched.original(server, latest) !== undefined).map(({ id }) => id);
}

/** Looks at both once more: a list of several pages is no picture of one moment. */
async function removeTwin(id: string, deps: LeakDeps, ctx: CallContext): Promise<void> {
  const { launched, servers } = deps;
  try {
    const twin = await servers.one(id, ctx);
    const listed = launched.original(twin, servers.latest);
    if (listed === undefined) return;
    const original = await servers.one(listed.id, ctx);
    if (launched.original(twin, new Map([[original.id, original]])) !== undefined) await terminate(id, ctx, deps);
  } catch (error) {
    if (providerErrorCode(error) !== 'not-found') throw error;
  }
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
