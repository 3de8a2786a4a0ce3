import {
  type CheckContext,
  type LaunchProgress,
  type LaunchTicket,
  ProviderError,
  providerErrorCode,
  type RunningInstance,
} from '@nodepool/driver-api';
import type { Clock } from '@nodepool/runtime';
import { type AddressSettings, type ServerAddresses, serverAddresses } from '../networks/addresses.js';
import type { AttachedAddress, FloatingIps } from '../networks/floating-ips.js';
import type { Networks } from '../networks/networks.js';
import type { CloudSession } from '../session/types.js';
import { faultError } from './fault.js';
import { isGoing, type Server } from './server.js';
import { isServerInstance, type ServerList } from './server-list.js';
import { type LaunchState, readLaunchState } from './ticket.js';

export interface CheckDeps {
  readonly session: CloudSession;
  readonly servers: ServerList;
  readonly networks: Networks;
  readonly floatingIps: FloatingIps;
  readonly clock: Clock;
  readonly hasLocalIpv6: boolean;
  readonly ownId: string;
}

/** How long a running server may lack an address before it is believed to have none, milliseconds. */
const addressPatienceMs = 20_000;

/** One observation of a server that was asked for; a floating address is the only step of its own. */
export async function checkLaunch(ticket: LaunchTicket, ctx: CheckContext, deps: CheckDeps): Promise<LaunchProgress> {
  ctx.signal.throwIfAborted();
  const { externalId } = ticket;
  if (typeof externalId !== 'string') throw new ProviderError('launch-failed', 'the launch has no server');
  const server = await findServer(externalId, ctx, deps);
  if (server === undefined || isGoing(server)) {
    throw new ProviderError('launch-failed', `server ${externalId} vanished while it was being launched`, {
      statusKey: 'error.status',
    });
  }
  if (server.status === 'ERROR') throw faultError(server);
  if (server.status !== 'ACTIVE') return { state: 'pending' };
  return checkActive(server, readLaunchState(ticket.data), ctx, deps);
}

async function findServer(id: string, ctx: CheckContext, { servers }: CheckDeps): Promise<Server | undefined> {
  const listed = (await ctx.instances()).get(id);
  if (listed !== undefined && isServerInstance(listed)) return listed.server;
  // A list may lack the servers of a cell that is down: only the server's own page is proof.
  return servers.one(id, ctx).catch((error: unknown) => {
    if (providerErrorCode(error) === 'not-found') return undefined;
    throw error;
  });
}

async function checkActive(
  server: Server,
  state: LaunchState,
  ctx: CheckContext,
  deps: CheckDeps,
): Promise<LaunchProgress> {
  const { networks, floatingIps, session, hasLocalIpv6, clock, ownId } = deps;
  const roles = await networks.roles(ctx);
  const settings: AddressSettings = { ...session.profile, hasLocalIpv6 };
  const addresses = serverAddresses(server, roles, settings);
  if (addresses.interfaceIp === null) return withoutAddress(server, state, clock.now());
  if (!state.floating || !(await floatingIps.needs(server, roles, ctx))) {
    return { state: 'running', instance: running(server, addresses, session) };
  }
  const attached = await floatingIps.attach(server, roles, state.launchedBy === ownId, ctx);
  return { state: 'running', instance: running(server, withFloating(addresses, attached), session) };
}

/** Nova may show a server as running before it has heard of its addresses. */
function withoutAddress(server: Server, state: LaunchState, nowMs: number): LaunchProgress {
  const sinceMs = state.addresslessSinceMs;
  if (sinceMs === null) {
    return { state: 'pending', ticket: { externalId: server.id, data: { ...state, addresslessSinceMs: nowMs } } };
  }
  if (nowMs - sinceMs < addressPatienceMs) return { state: 'pending' };
  throw new ProviderError(
    'launch-failed',
    `server ${server.name} (${server.id}) runs and has no address: name the networks of its pool or label under networks`,
    { statusKey: 'error.network' },
  );
}

function withFloating(addresses: ServerAddresses, attached: AttachedAddress | undefined): ServerAddresses {
  return attached === undefined ? addresses : { ...addresses, interfaceIp: attached.ip, publicIpv4: attached.ip };
}

function running(server: Server, addresses: ServerAddresses, session: CloudSession): RunningInstance {
  return {
    externalId: server.id,
    ...addresses,
    cloud: session.cloudName,
    region: session.region ?? null,
    az: server.zone === '' ? null : server.zone,
    hostId: server.hostId === '' ? null : server.hostId,
    driverData: null,
    slot: null,
  };
}
