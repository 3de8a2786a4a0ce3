import { type CallContext, ProviderError, providerErrorCode } from '@nodepool/driver-api';
import { z } from 'zod';
import { readAnswer } from '../answer.js';
import { ApiError } from '../errors.js';
import type { Server } from '../servers/server.js';
import type { CloudSession } from '../session/types.js';
import { lacksPublicAddress } from './addresses.js';
import type { NetworkRoles } from './network.js';
import type { Networks } from './networks.js';

// Source: https://docs.openstack.org/api-ref/network/v2/#floating-ips-floatingips

export const FloatingIp = z.object({
  id: z.string(),
  floating_ip_address: z.string().default(''),
  port_id: z.string().nullish(),
});

export type FloatingIp = z.output<typeof FloatingIp>;

const Port = z.object({
  id: z.string(),
  network_id: z.string().default(''),
  created_at: z.string().default(''),
  fixed_ips: z.array(z.object({ ip_address: z.string() })).default([]),
});

type Port = z.output<typeof Port>;

/** What a server's floating address is known to be. */
export interface AttachedAddress {
  readonly id: string;
  readonly ip: string;
}

/**
 * Floating addresses of servers. They are created for a port in one step, so that none is ever seen unattached while it
 * is on its way to a server.
 */
export class FloatingIps {
  readonly #session: CloudSession;
  readonly #networks: Networks;
  /** By server id: what this process has attached, or null while it tries. */
  readonly #attached = new Map<string, AttachedAddress | null>();

  constructor(session: CloudSession, networks: Networks) {
    this.#session = session;
    this.#networks = networks;
  }

  /** Whether the cloud can give the server a floating address that it needs. */
  async needs(server: Server, roles: NetworkRoles, ctx: CallContext): Promise<boolean> {
    const { floatingIpSource, requiresFloatingIp, isPrivate } = this.#session.profile;
    if (floatingIpSource !== 'neutron' || requiresFloatingIp === false || isPrivate) return false;
    if (!lacksPublicAddress(server, roles) || !this.#mayHaveRoute(server)) return false;
    if (!(await this.#session.hasService('network', ctx))) return false;
    return (await this.#networks.floatingNetworkId(ctx)) !== undefined;
  }

  /**
   * Creates and attaches an address, or finds the one that is there.
   *
   * @param first nobody has tried for this server yet: there is nothing to be found.
   * @returns undefined when no router leads from the floating addresses to the server's network.
   */
  async attach(
    server: Server,
    roles: NetworkRoles,
    first: boolean,
    ctx: CallContext,
  ): Promise<AttachedAddress | undefined> {
    const known = this.#attached.get(server.id);
    if (known !== undefined && known !== null) return known;
    const tried = this.#attached.has(server.id);
    this.#attached.set(server.id, null);
    const port = await this.#portOf(server, roles, ctx);
    const found = first && !tried ? undefined : await this.#onPort(port.id, ctx);
    const address = found ?? (await this.#create(server, port, ctx));
    if (address !== undefined) this.#attached.set(server.id, address);
    return address;
  }

  /** Deletes the addresses of a server, which would stay behind when it goes. */
  async detach(server: Pick<Server, 'id' | 'addresses'>, ctx: CallContext): Promise<void> {
    const ids = new Set<string>();
    const known = this.#attached.get(server.id);
    if (known !== undefined && known !== null) ids.add(known.id);
    const shown = Object.values(server.addresses)
      .flat()
      .filter(({ type, ip }) => type === 'floating' && ip !== known?.ip);
    for (const { ip } of shown) for (const { id } of await this.#list({ floating_ip_address: ip }, ctx)) ids.add(id);
    for (const id of ids) await this.remove(id, ctx);
    this.#attached.delete(server.id);
  }

  /** Whether this process has given the server an address. */
  has(serverId: string): boolean {
    return this.#attached.has(serverId);
  }

  /** All addresses of the project that nothing uses. */
  async unattached(ctx: CallContext): Promise<readonly FloatingIp[]> {
    return (await this.#list({}, ctx)).filter(({ port_id: port }) => (port ?? '') === '');
  }

  /** One address as it is now. Throws `not-found` when it is gone. */
  async one(id: string, ctx: CallContext): Promise<FloatingIp> {
    const doing = `looking for floating IP ${id}`;
    const { body } = await this.#session.request(
      'network',
      { method: 'GET', path: `/floatingips/${encodeURIComponent(id)}`, doing },
      ctx,
    );
    return readAnswer(z.object({ floatingip: FloatingIp }), body, doing).floatingip;
  }

  /** It may be gone already. */
  async remove(id: string, ctx: CallContext): Promise<void> {
    const doing = `deleting floating IP ${id}`;
    const call = { method: 'DELETE', path: `/floatingips/${encodeURIComponent(id)}`, doing } as const;
    try {
      await this.#session.request('network', call, ctx);
    } catch (error) {
      if (providerErrorCode(error) !== 'not-found') throw error;
    }
  }

  #mayHaveRoute({ addresses }: Server): boolean {
    return Object.keys(addresses).some((network) => this.#networks.hasRoute(network));
  }

  /** The port to give an address to: on the network for it where the profile names one, the newest first. */
  async #portOf(server: Server, { natDestination }: NetworkRoles, ctx: CallContext): Promise<Port> {
    const doing = `listing ports of server ${server.name}`;
    const call = { path: '/ports', collection: 'ports', query: { device_id: server.id }, doing };
    const ports = readAnswer(z.array(Port), await this.#session.list('network', call, ctx), doing)
      .filter((port) => fixedIpv4(port) !== undefined)
      .toSorted((left, right) => (left.created_at < right.created_at ? 1 : -1));
    const wanted = ports.find(({ network_id: network }) => network === natDestination?.id);
    const port = wanted ?? ports[0];
    if (port !== undefined) return port;
    throw new ProviderError('launch-failed', `server ${server.name} has no port for a floating IP`, {
      statusKey: 'error.ipadd',
    });
  }

  async #onPort(portId: string, ctx: CallContext): Promise<AttachedAddress | undefined> {
    const [found] = await this.#list({ port_id: portId }, ctx);
    return found === undefined ? undefined : { id: found.id, ip: found.floating_ip_address };
  }

  async #create(server: Server, port: Port, ctx: CallContext): Promise<AttachedAddress | undefined> {
    const network = await this.#networks.floatingNetworkId(ctx);
    const doing = `creating a floating IP for server ${server.name}`;
    const wish = { floating_network_id: network ?? '', port_id: port.id, fixed_ip_address: fixedIpv4(port) ?? '' };
    try {
      const { body } = await this.#session.request(
        'network',
        { method: 'POST', path: '/floatingips', body: { floatingip: wish }, badRequest: 'launch-failed', doing },
        ctx,
      );
      const { id, floating_ip_address: ip } = readAnswer(z.object({ floatingip: FloatingIp }), body, doing).floatingip;
      return { id, ip };
    } catch (error) {
      if (!isWithoutRoute(error)) throw error;
      for (const name of Object.keys(server.addresses)) this.#networks.markWithoutRoute(name);
      ctx.log.info({ externalId: server.id, error }, 'left server without floating IP: no router leads to its network');
      return undefined;
    }
  }

  async #list(query: Readonly<Record<string, string>>, ctx: CallContext): Promise<readonly FloatingIp[]> {
    const call = { path: '/floatingips', collection: 'floatingips', query, doing: 'listing floating IPs' };
    return readAnswer(z.array(FloatingIp), await this.#session.list('network', call, ctx), call.doing);
  }
}

function fixedIpv4({ fixed_ips: fixed }: Port): string | undefined {
  return fixed.find(({ ip_address: ip }) => ip.includes('.'))?.ip_address;
}

/** Neutron's answer where no router joins the network of the port to that of the floating addresses. */
function isWithoutRoute(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404 && /not reachable from subnet/i.test(error.text);
}
