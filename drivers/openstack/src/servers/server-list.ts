import type { CallContext, Instance } from '@nodepool/driver-api';
import type { Resources } from '@nodepool/model';
import { readAnswer } from '../answer.js';
import type { FlavorList } from '../flavors/flavor-list.js';
import type { CloudSession } from '../session/types.js';
import type { VolumeSizes } from '../volumes/volume-sizes.js';
import { isGone, isTagged, Server } from './server.js';

/** A server as the core sees it, with what only this driver reads. */
export interface ServerInstance extends Instance {
  readonly server: Server;
}

export function isServerInstance(instance: Instance): instance is ServerInstance {
  return 'server' in instance;
}

/** From 2.47 on a list holds what each flavor is; from 2.69 on also servers whose cell is down. */
const wantedMicroversions = ['2.69', '2.47'] as const;

/** Lists the project's servers and remembers the last list. */
export class ServerList {
  readonly #session: CloudSession;
  readonly #flavors: FlavorList;
  readonly #volumes: VolumeSizes;
  #latest: ReadonlyMap<string, Server> = new Map();

  constructor(session: CloudSession, flavors: FlavorList, volumes: VolumeSizes) {
    this.#session = session;
    this.#flavors = flavors;
    this.#volumes = volumes;
  }

  /** Servers of the last list by id; it may be a minute old, or empty after a start. */
  get latest(): ReadonlyMap<string, Server> {
    return this.#latest;
  }

  /** All servers of the project that exist, tagged or not. */
  async fetch(ctx: CallContext): Promise<readonly Server[]> {
    const servers = await this.#list({ doing: 'listing servers' }, ctx);
    this.#latest = new Map(servers.map((server) => [server.id, server]));
    return servers.filter((server) => !isGone(server));
  }

  /** Those of one name, asked for by themselves. */
  async named(name: string, ctx: CallContext): Promise<readonly Server[]> {
    const servers = await this.#list({ query: { name: `^${name}$` }, doing: `looking for server ${name}` }, ctx);
    return servers.filter((server) => server.name === name && !isGone(server));
  }

  /** The one of that id, asked for by itself. Throws `not-found` when there is none. */
  async one(id: string, ctx: CallContext): Promise<Server> {
    const doing = `looking for server ${id}`;
    const { body } = await this.#session.request(
      'compute',
      { method: 'GET', path: `/servers/${encodeURIComponent(id)}`, doing, ...(await this.#microversion(ctx)) },
      ctx,
    );
    const answer = typeof body === 'object' && body !== null && 'server' in body ? body['server'] : body;
    return readAnswer(Server, answer, doing);
  }

  /** The tagged ones, with what each takes. */
  async instances(ctx: CallContext): Promise<readonly ServerInstance[]> {
    const tagged = (await this.fetch(ctx)).filter(isTagged);
    return Promise.all(
      tagged.map(async (server) => ({
        externalId: server.id,
        tags: server.metadata,
        status: server.status,
        resources: await this.resourcesOf(server, ctx),
        server,
      })),
    );
  }

  /** What a server takes of the quota; of a flavor that nobody knows any more, only that it is one instance. */
  async resourcesOf({ flavor, volumeIds }: Server, ctx: CallContext): Promise<Resources> {
    const { vcpus, ram, id } = flavor;
    const known =
      vcpus !== undefined && ram !== undefined
        ? { vcpus, ram }
        : id === undefined
          ? undefined
          : await this.#flavors.byId(id, ctx);
    return {
      instances: 1,
      ...(known !== undefined && { cores: known.vcpus, ram: known.ram }),
      ...(volumeIds.length > 0 && { volumes: volumeIds.length, 'volume-gb': this.#volumes.totalGb(volumeIds) }),
    };
  }

  async #list(
    call: { readonly query?: Readonly<Record<string, string>>; readonly doing: string },
    ctx: CallContext,
  ): Promise<readonly Server[]> {
    const microversion = await this.#microversion(ctx);
    const items = await this.#session.list(
      'compute',
      { path: '/servers/detail', collection: 'servers', ...microversion, ...call },
      ctx,
    );
    return items.map((item) => readAnswer(Server, item, call.doing));
  }

  async #microversion(ctx: CallContext): Promise<{ readonly microversion?: string }> {
    const newest = await this.#session.maxMicroversion('compute', ctx);
    const microversion = wantedMicroversions.find((wanted) => newest !== undefined && reaches(newest, wanted));
    return microversion === undefined ? {} : { microversion };
  }
}

/** Whether a service that speaks `newest` speaks `wanted`; both are `major.minor`. */
function reaches(newest: string, wanted: string): boolean {
  const [major = 0, minor = 0] = newest.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
