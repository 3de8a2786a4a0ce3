import type { LocalAnswer } from './local-http.js';
import type { LocalPort, LocalServer, LocalState } from './local-state.js';

/** A request as a service sees it: the path is below its versioned root. */
export interface LocalRequest {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, Record<string, unknown>>;
}

type Handler = (state: LocalState, request: LocalRequest, id: string, options: LocalOptions) => LocalAnswer;

export interface LocalOptions {
  /** Servers in one page of a list. */
  readonly pageSize: number;
  /** Servers are ACTIVE as soon as they are created. */
  readonly bootsAtOnce: boolean;
}

/**
 * The calls that the driver makes, answered as the published API references describe. By service, method and path, `*`
 * standing for an id.
 */
const routes: Readonly<Record<string, Handler>> = {
  'compute GET /servers/detail': (state, { query }, _id, { pageSize }) => {
    const name = query.get('name');
    const all = [...state.servers.values()].filter((server) => name === null || new RegExp(name).test(server.name));
    const start = all.findIndex(({ id }) => id === query.get('marker')) + 1;
    const servers = all.slice(start, start + pageSize);
    const last = servers.at(-1);
    const more = last !== undefined && start + pageSize < all.length;
    const href = `/v2.1/servers/detail?marker=${last?.id ?? ''}`;
    return ok({ servers: servers.map(shown), ...(more && { servers_links: [{ rel: 'next', href }] }) });
  },
  'compute GET /servers/*': (state, _request, id) => {
    const server = state.servers.get(id);
    return server === undefined ? missing(`Instance ${id} could not be found.`) : ok({ server: shown(server) });
  },
  'compute POST /servers': createServer,
  'compute DELETE /servers/*': (state, _request, id) => {
    const server = state.servers.get(id);
    if (server === undefined) return missing(`Instance ${id} could not be found.`);
    state.servers.delete(id);
    for (const port of portsOf(state, id)) {
      state.ports.delete(port.id);
      for (const floating of state.floatingIps.values()) if (floating.port_id === port.id) floating.port_id = null;
    }
    for (const { id: volume } of server['os-extended-volumes:volumes_attached']) state.volumes.delete(volume);
    return { status: 204 };
  },
  'compute POST /servers/*/action': (state, _request, id) =>
    state.servers.has(id) ? ok({ output: 'FAKE CONSOLE OUTPUT\n' }) : missing('no such server'),
  'compute GET /flavors/detail': (state) => ok({ flavors: state.flavors }),
  'compute GET /limits': ({ limits }) => ok({ limits: { rate: [], absolute: limits } }),
  'compute GET /os-availability-zone': (state) => ok({ availabilityZoneInfo: state.zones }),
  'network GET /networks': (state) => ok({ networks: state.networks }),
  'network GET /routers': () => ok({ routers: [] }),
  'network GET /ports': (state, { query }) =>
    ok({ ports: filtered([...state.ports.values()], query, ['device_id', 'status']) }),
  'network GET /ports/*': (state, _request, id) => one('port', state.ports.get(id)),
  'network DELETE /ports/*': (state, _request, id) => removed(state.ports.delete(id)),
  'network GET /floatingips': (state, { query }) =>
    ok({ floatingips: filtered([...state.floatingIps.values()], query, ['port_id', 'floating_ip_address']) }),
  'network GET /floatingips/*': (state, _request, id) => one('floatingip', state.floatingIps.get(id)),
  'network DELETE /floatingips/*': (state, _request, id) => removed(state.floatingIps.delete(id)),
  'network POST /floatingips': createFloatingIp,
  'volume GET /limits': ({ limits }) => ok({ limits: { rate: [], absolute: limits } }),
  'volume GET /volumes/detail': (state) => ok({ volumes: [...state.volumes.values()] }),
  'image GET /images': (state, { query }) => ok({ images: filtered(state.images, query, ['name', 'status']) }),
  'image GET /images/*': (state, _request, id) => {
    const image = state.images.find((candidate) => candidate.id === id);
    return image === undefined ? missing('no such image') : ok(image);
  },
};

export function answerLocally(state: LocalState, request: LocalRequest, options: LocalOptions): LocalAnswer {
  const { service, method, path } = request;
  const [, kind = '', id = '', ...rest] = path.split('/');
  const generic = ['', kind, '*', ...rest].join('/');
  const handler = routes[`${service} ${method} ${path}`] ?? routes[`${service} ${method} ${generic}`];
  return handler?.(state, request, id, options) ?? missing(`no route for ${service} ${method} ${path}`);
}

function createServer(state: LocalState, { body }: LocalRequest, _id: string, options: LocalOptions): LocalAnswer {
  const asked = body['server'] ?? {};
  const flavor = state.flavors.find(({ id }) => id === asked['flavorRef']);
  if (flavor === undefined) {
    return { status: 400, body: { badRequest: { code: 400, message: 'Flavor could not be found.' } } };
  }
  state.created += 1;
  const id = `server-${state.created}`;
  const networks = (asked['networks'] as { uuid: string }[] | undefined) ?? [{ uuid: 'net-1' }];
  const addresses: LocalServer['addresses'] = {};
  for (const { uuid } of networks) {
    const ip = `10.0.${state.networks.findIndex((network) => network.id === uuid)}.${state.created}`;
    const name = state.networks.find((network) => network.id === uuid)?.name ?? uuid;
    addresses[name] = [{ addr: ip, version: 4, 'OS-EXT-IPS:type': 'fixed', 'OS-EXT-IPS-MAC:mac_addr': `fa:${ip}` }];
    addPort(state, { network_id: uuid, device_id: id, fixed_ips: [{ ip_address: ip }] });
  }
  const volumes = (asked['block_device_mapping_v2'] as { volume_size: number }[] | undefined) ?? [];
  const attached = volumes.map(({ volume_size: size }) => addVolume(state, size));
  state.servers.set(id, {
    id,
    name: String(asked['name']),
    status: options.bootsAtOnce ? 'ACTIVE' : 'BUILD',
    metadata: (asked['metadata'] as Record<string, string> | undefined) ?? {},
    flavor: { vcpus: flavor.vcpus, ram: flavor.ram, original_name: flavor.name },
    addresses,
    accessIPv4: '',
    accessIPv6: '',
    hostId: 'host-1',
    'OS-EXT-AZ:availability_zone': String(asked['availability_zone'] ?? 'az1'),
    'OS-EXT-STS:task_state': null,
    'os-extended-volumes:volumes_attached': attached,
    asked,
  });
  return { status: 202, body: { server: { id, links: [], adminPass: 'x', security_groups: [] } } };
}

export function addPort(state: LocalState, port: Partial<LocalPort>): LocalPort {
  const added = {
    id: `port-${state.ports.size + 1}`,
    network_id: 'net-1',
    device_id: '',
    device_owner: 'compute:az1',
    status: 'ACTIVE',
    created_at: `2026-01-01T00:00:${String(state.ports.size).padStart(2, '0')}Z`,
    fixed_ips: [],
    ...port,
  };
  state.ports.set(added.id, added);
  return added;
}

function addVolume(state: LocalState, size: number): { id: string } {
  const id = `volume-${state.volumes.size + 1}`;
  state.volumes.set(id, { id, size, status: 'in-use' });
  return { id };
}

function createFloatingIp(state: LocalState, { body }: LocalRequest): LocalAnswer {
  const asked = body['floatingip'] ?? {};
  const port = state.ports.get(String(asked['port_id']));
  if (port === undefined) return missing('Port could not be found.');
  if (state.unroutedNetworkIds.has(port.network_id)) {
    const message = `External network ${String(asked['floating_network_id'])} is not reachable from subnet s-1.`;
    return {
      status: 404,
      body: { NeutronError: { type: 'ExternalGatewayForFloatingIPNotFound', message, detail: '' } },
    };
  }
  const number = state.floatingIps.size + 1;
  const floating = { id: `fip-${number}`, floating_ip_address: `172.24.4.${number}`, port_id: port.id };
  state.floatingIps.set(floating.id, floating);
  return { status: 201, body: { floatingip: floating } };
}

function portsOf(state: LocalState, serverId: string): readonly LocalPort[] {
  return [...state.ports.values()].filter(({ device_id: device }) => device === serverId);
}

function shown({ asked: _asked, ...server }: LocalServer): object {
  return server;
}

function filtered<T extends object>(
  items: readonly T[],
  query: URLSearchParams,
  keys: readonly string[],
): readonly T[] {
  return items.filter((item) =>
    keys.every((key) => query.get(key) === null || String(Reflect.get(item, key)) === query.get(key)),
  );
}

function ok(body: unknown): LocalAnswer {
  return { status: 200, body };
}

function one(key: string, item: object | undefined): LocalAnswer {
  return item === undefined ? missing(`${key} could not be found`) : ok({ [key]: item });
}

function removed(was: boolean): LocalAnswer {
  return was ? { status: 204 } : missing('could not be found');
}

function missing(message: string): LocalAnswer {
  return { status: 404, body: { itemNotFound: { code: 404, message } } };
}
