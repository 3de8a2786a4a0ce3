import { type CallContext, type ExternalId, ProviderError } from '@nodepool/driver-api';
import type { OpenStackProviderConfig } from '../config.js';
import type { FloatingIps } from '../networks/floating-ips.js';
import type { CloudSession } from '../session/types.js';
import { isGone, type Server } from './server.js';
import type { ServerList } from './server-list.js';

export interface TerminateDeps {
  readonly config: OpenStackProviderConfig;
  readonly session: CloudSession;
  readonly servers: ServerList;
  readonly floatingIps: FloatingIps;
}

/**
 * Asks for the deletion of a server, its floating addresses first: those would stay behind. Its ports and its boot
 * volume go with it.
 *
 * @throws ProviderError `not-found` when Nova has no such server, or keeps it only for an undeletion.
 */
export async function terminate(externalId: ExternalId, ctx: CallContext, deps: TerminateDeps): Promise<void> {
  ctx.signal.throwIfAborted();
  const { session, servers, floatingIps } = deps;
  if (typeof externalId !== 'string') {
    throw new ProviderError('not-found', `OpenStack has no server ${JSON.stringify(externalId)}`);
  }
  const listed = servers.latest.get(externalId);
  if (listed !== undefined && isGone(listed)) {
    throw new ProviderError('not-found', `server ${externalId} is in state ${listed.status}`);
  }
  const server = await withAddresses(externalId, listed, ctx, deps);
  if (server !== undefined) await floatingIps.detach(server, ctx);
  await session.request(
    'compute',
    { method: 'DELETE', path: `/servers/${encodeURIComponent(externalId)}`, doing: `deleting server ${externalId}` },
    ctx,
  );
}

/** The server with its addresses when it may have a floating one; undefined when nothing has to be done about them. */
async function withAddresses(
  externalId: string,
  listed: Server | undefined,
  ctx: CallContext,
  { config, session, servers, floatingIps }: TerminateDeps,
): Promise<Pick<Server, 'id' | 'addresses'> | undefined> {
  if (listed !== undefined) return listed;
  if (floatingIps.has(externalId)) return { id: externalId, addresses: {} };
  // Gone, or launched by another process since the last list: ask, unless the pools give nobody a floating address.
  const mayFloat = config.pools.some(({ autoFloatingIp }) => autoFloatingIp);
  if (!mayFloat || session.profile.floatingIpSource !== 'neutron') return undefined;
  return servers.one(externalId, ctx);
}
