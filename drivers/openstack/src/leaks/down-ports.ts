import { type CallContext, providerErrorCode } from '@nodepool/driver-api';
import type { Clock } from '@nodepool/runtime';
import { z } from 'zod';
import { readAnswer } from '../answer.js';
import type { ServerList } from '../servers/server-list.js';
import type { CloudSession } from '../session/types.js';

// Source: https://docs.openstack.org/api-ref/network/v2/#ports

const Port = z.object({
  id: z.string(),
  status: z.string().default(''),
  device_id: z.string().nullish(),
  device_owner: z.string().nullish(),
});

type Port = z.output<typeof Port>;

/** Follows the ports that are down, and removes those that are so for long and belong to no server. */
export class DownPorts {
  readonly #session: CloudSession;
  readonly #servers: ServerList;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  /** When each was first seen down, on the monotonic clock. */
  #since = new Map<string, number>();

  /** @param patienceMs for which a port must be down. */
  constructor(session: CloudSession, servers: ServerList, clock: Clock, patienceMs: number) {
    this.#session = session;
    this.#servers = servers;
    this.#clock = clock;
    this.#patienceMs = patienceMs;
  }

  /** Ids of ports that every look has shown down for as long. */
  async longDown(ctx: CallContext): Promise<readonly string[]> {
    const nowMs = this.#clock.monotonicMs();
    const ports = (await this.#listDown(ctx)).filter(isOfServers);
    this.#since = new Map(ports.map(({ id }) => [id, this.#since.get(id) ?? nowMs]));
    return [...this.#since].filter(([, sinceMs]) => nowMs - sinceMs >= this.#patienceMs).map(([id]) => id);
  }

  /** Looks once more: a server that is shut off, or that nobody listed, keeps its port. */
  async remove(id: string, ctx: CallContext): Promise<void> {
    const path = `/ports/${encodeURIComponent(id)}`;
    try {
      const doing = `looking for port ${id}`;
      const { body } = await this.#session.request('network', { method: 'GET', path, doing }, ctx);
      const { port } = readAnswer(z.object({ port: Port }), body, doing);
      if (port.status !== 'DOWN' || (await this.#hasServer(port, ctx))) {
        this.#since.delete(id);
        return;
      }
      await this.#session.request('network', { method: 'DELETE', path, doing: `deleting port ${id}` }, ctx);
    } catch (error) {
      if (providerErrorCode(error) !== 'not-found') throw error;
    }
    this.#since.delete(id);
  }

  async #hasServer({ device_id: device }: Port, ctx: CallContext): Promise<boolean> {
    const id = device ?? '';
    if (id === '') return false;
    return this.#servers.one(id, ctx).then(
      () => true,
      (error: unknown) => {
        if (providerErrorCode(error) === 'not-found') return false;
        throw error;
      },
    );
  }

  async #listDown(ctx: CallContext): Promise<readonly Port[]> {
    const call = { path: '/ports', collection: 'ports', query: { status: 'DOWN' }, doing: 'listing ports' };
    const ports = readAnswer(z.array(Port), await this.#session.list('network', call, ctx), call.doing);
    return ports.filter(({ status }) => status === 'DOWN');
  }
}

/** Made for a server, or by hand; those of routers and of DHCP say so. */
function isOfServers({ device_owner: owner }: Port): boolean {
  return (owner ?? '') === '' || owner?.startsWith('compute:') === true;
}
