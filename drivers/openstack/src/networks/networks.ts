import { type CallContext, ProviderError, providerErrorCode } from '@nodepool/driver-api';
import type { Clock } from '@nodepool/runtime';
import { z } from 'zod';
import { readAnswer } from '../answer.js';
import { Cached, findIn } from '../cached.js';
import type { CloudSession } from '../session/types.js';
import { Network, type NetworkRoles, networkRoles } from './network.js';

const Router = z.object({
  admin_state_up: z.boolean().default(true),
  external_gateway_info: z.object({ network_id: z.string().nullish() }).nullish(),
});

/** The networks of a cloud, listed once. */
export class Networks {
  readonly #session: CloudSession;
  readonly #networks: Cached<readonly Network[]>;
  readonly #gateways: Cached<string | undefined>;
  /** Names of networks that no router joins to the floating addresses. */
  readonly #withoutRoute = new Set<string>();

  constructor(session: CloudSession, clock: Clock) {
    this.#session = session;
    this.#networks = new Cached((ctx) => this.#list(ctx), clock);
    this.#gateways = new Cached((ctx) => this.#gatewayNetwork(ctx), clock);
  }

  clear(): void {
    this.#networks.clear();
    this.#gateways.clear();
    this.#withoutRoute.clear();
  }

  async roles(ctx: CallContext): Promise<NetworkRoles> {
    return networkRoles(await this.#networks.get(ctx), this.#session.profile.networks);
  }

  /**
   * Ids of networks by name or id; as they are where networks cannot be listed.
   *
   * @throws ProviderError `launch-failed` when there is no such network, or several of that name: both may pass.
   */
  async ids(namesOrIds: readonly string[], ctx: CallContext): Promise<readonly string[]> {
    const ids: string[] = [];
    for (const wanted of namesOrIds) ids.push(await this.#id(wanted, ctx));
    return ids;
  }

  /** Where floating addresses come from; undefined when there is no such network. */
  async floatingNetworkId(ctx: CallContext): Promise<string | undefined> {
    const { natSource } = await this.roles(ctx);
    // Some clouds do not show it to those who use it; then a router of theirs tells.
    return natSource?.id ?? this.#gateways.get(ctx);
  }

  /** The cloud has refused a floating address for a port on that network, as no router leads there. */
  markWithoutRoute(networkName: string): void {
    this.#withoutRoute.add(networkName);
  }

  hasRoute(networkName: string): boolean {
    return !this.#withoutRoute.has(networkName);
  }

  async #id(wanted: string, ctx: CallContext): Promise<string> {
    if ((await this.#networks.get(ctx)).length === 0) return wanted;
    const found = await findIn(this.#networks, (networks) => matching(networks, wanted), ctx);
    if (found === undefined) throw this.#unusable(wanted, 'is not there, or not for this project', 'correct the name');
    const [first, second] = found;
    if (first === undefined || second !== undefined) {
      throw this.#unusable(wanted, `is the name of ${found.length} networks`, 'write the id instead');
    }
    return first.id;
  }

  #unusable(wanted: string, what: string, remedy: string): ProviderError {
    const cloud = this.#session.cloudName;
    return new ProviderError(
      'launch-failed',
      `the network "${wanted}" ${what} in cloud "${cloud}": ${remedy} under networks of the pool or label, see "openstack --os-cloud ${cloud} network list"`,
      { statusKey: 'error.network' },
    );
  }

  async #list(ctx: CallContext): Promise<readonly Network[]> {
    if (!(await this.#session.hasService('network', ctx))) return [];
    const call = { path: '/networks', collection: 'networks', doing: 'listing networks' };
    try {
      return readAnswer(z.array(Network), await this.#session.list('network', call, ctx), call.doing);
    } catch (error) {
      if (!isRefused(error)) throw error;
      ctx.log.debug({ error }, 'networks cannot be listed');
      return [];
    }
  }

  async #gatewayNetwork(ctx: CallContext): Promise<string | undefined> {
    if (!(await this.#session.hasService('network', ctx))) return undefined;
    const call = { path: '/routers', collection: 'routers', doing: 'listing routers' };
    const routers = readAnswer(z.array(Router), await this.#session.list('network', call, ctx), call.doing);
    for (const { admin_state_up: isUp, external_gateway_info: gateway } of routers) {
      if (isUp && typeof gateway?.network_id === 'string') return gateway.network_id;
    }
    return undefined;
  }
}

/** Networks of that id, or else of that name; undefined when there is none. */
function matching(networks: readonly Network[], wanted: string): readonly Network[] | undefined {
  const byId = networks.filter(({ id }) => id === wanted);
  if (byId.length > 0) return byId;
  const byName = networks.filter(({ name }) => name === wanted);
  return byName.length > 0 ? byName : undefined;
}

/** Some clouds have Neutron in their catalogue and yet let nobody use it. */
function isRefused(error: unknown): boolean {
  const code = providerErrorCode(error);
  return code === 'misconfigured' || code === 'not-found';
}
