import {
  type CallContext,
  type LaunchSpec,
  type LaunchTicket,
  ProviderError,
  providerErrorCode,
} from '@nodepool/driver-api';
import type { JsonObject } from '@nodepool/model';
import { z } from 'zod';
import { readAnswer } from '../answer.js';
import { findLabel, findPool, type OpenStackProviderConfig } from '../config.js';
import { ApiError } from '../errors.js';
import type { FlavorList } from '../flavors/flavor-list.js';
import type { Networks } from '../networks/networks.js';
import type { CloudSession } from '../session/types.js';
import type { CloudImageIds } from './cloud-image.js';
import { createBody, type ResolvedNames } from './create-body.js';
import type { LaunchedServers } from './launched.js';
import { isGoing, type Server } from './server.js';
import type { ServerList } from './server-list.js';
import type { LaunchState } from './ticket.js';

export interface LaunchDeps {
  readonly config: OpenStackProviderConfig;
  readonly session: CloudSession;
  readonly flavors: FlavorList;
  readonly images: CloudImageIds;
  readonly networks: Networks;
  readonly servers: ServerList;
  readonly launched: LaunchedServers;
  /** Names this provider object in tickets. */
  readonly ownId: string;
}

const Created = z.object({ server: z.object({ id: z.string() }) });

/**
 * Nova asks Neutron and others before it accepts, which takes a busy cloud far longer than any other answer. Giving up
 * sooner would only mean to look for the server that comes about all the same.
 */
const createTimeoutMs = 110_000;

/** Creates servers, one for each node. */
export class ServerLauncher {
  readonly #deps: LaunchDeps;

  constructor(deps: LaunchDeps) {
    this.#deps = deps;
  }

  async launch(spec: LaunchSpec, ctx: CallContext): Promise<LaunchTicket> {
    const { launched } = this.#deps;
    const left = this.#mayExist(spec) ? await this.#leftBefore(spec, ctx) : undefined;
    if (left !== undefined) {
      launched.settle(spec.nodeId, left.id);
      return this.#ticket(spec, left.id);
    }
    const body = await this.#body(spec, ctx);
    launched.begin(spec.nodeId);
    const id = await this.#create(spec.hostname, body, ctx);
    launched.settle(spec.nodeId, id);
    return this.#ticket(spec, id);
  }

  #mayExist({ nodeId }: LaunchSpec): boolean {
    const { launched, servers } = this.#deps;
    if (launched.has(nodeId)) return true;
    for (const server of servers.latest.values()) if (launched.isOf(server, nodeId)) return true;
    return false;
  }

  /** What an earlier launch of the node has left and can be used; the rest is deleted. */
  async #leftBefore({ hostname, nodeId }: LaunchSpec, ctx: CallContext): Promise<Server | undefined> {
    const { launched, servers } = this.#deps;
    const found = (await servers.named(hostname, ctx)).filter((server) => launched.isOf(server, nodeId));
    const [usable, ...rest] = found.filter((server) => !isGoing(server) && server.status !== 'ERROR');
    const useless = found.filter((server) => !isGoing(server) && server.status === 'ERROR');
    for (const { id } of [...rest, ...useless]) await this.#discard(id, ctx);
    return usable;
  }

  async #discard(id: string, ctx: CallContext): Promise<void> {
    ctx.log.info({ externalId: id }, 'deleted what an earlier launch had left');
    const doing = `deleting server ${id}`;
    try {
      await this.#deps.session.request(
        'compute',
        { method: 'DELETE', path: `/servers/${encodeURIComponent(id)}`, doing },
        ctx,
      );
    } catch (error) {
      if (providerErrorCode(error) !== 'not-found') throw error;
    }
  }

  async #body(spec: LaunchSpec, ctx: CallContext): Promise<JsonObject> {
    const { config } = this.#deps;
    const label = findLabel(config, spec.pool.name, spec.label.name);
    const pool = findPool(config, spec.pool.name);
    if (pool === undefined) throw new ProviderError('misconfigured', `there is no pool ${spec.pool.name}`);
    return createBody(spec, config.name, pool, label, await this.#resolve(spec, ctx));
  }

  async #resolve(spec: LaunchSpec, ctx: CallContext): Promise<ResolvedNames> {
    const { config, flavors, images, networks } = this.#deps;
    const label = findLabel(config, spec.pool.name, spec.label.name);
    const { id: flavorId } = await flavors.ofLabel(label, ctx);
    const imageId = spec.image.kind === 'diskimage' ? spec.image.externalId : await images.find(spec.image.config, ctx);
    if (label.networks.length > 0) return { flavorId, imageId, networkIds: await networks.ids(label.networks, ctx) };
    const { defaultInterface } = await networks.roles(ctx);
    return { flavorId, imageId, networkIds: defaultInterface === undefined ? [] : [defaultInterface.id] };
  }

  async #create(hostname: string, body: JsonObject, ctx: CallContext): Promise<string> {
    const doing = `creating server ${hostname}`;
    try {
      const answer = await this.#deps.session.request(
        'compute',
        {
          method: 'POST',
          path: '/servers',
          body,
          idempotent: false,
          badRequest: 'launch-failed',
          timeoutMs: createTimeoutMs,
          doing,
        },
        ctx,
      );
      return readAnswer(Created, answer.body, doing).server.id;
    } catch (error) {
      throw this.#refusal(error, doing);
    }
  }

  /** What is cached may be out of date when the cloud cannot make sense of a request. */
  #refusal(error: unknown, doing: string): unknown {
    if (!(error instanceof ApiError)) return error;
    if (error.status === 400) {
      const { flavors, images, networks } = this.#deps;
      for (const cache of [flavors, images, networks]) cache.clear();
    }
    if (error.status === 409 && /multiple possible networks/i.test(error.text)) {
      return new ProviderError(
        'launch-failed',
        `${doing}: the project has several networks: name those to use under networks of the pool or label`,
        { cause: error, statusKey: 'error.network' },
      );
    }
    return error;
  }

  #ticket(spec: LaunchSpec, externalId: string): LaunchTicket {
    const floating = findPool(this.#deps.config, spec.pool.name)?.autoFloatingIp === true;
    const state: LaunchState = { floating, launchedBy: this.#deps.ownId, addresslessSinceMs: null };
    return { externalId, data: { ...state } };
  }
}
