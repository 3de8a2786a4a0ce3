import {
  type ConnectionPort,
  type JsonObject,
  type JsonValue,
  type Node,
  nodeStates,
  type Resources,
} from '@nodepool/model';
import { baseName } from '../paths.js';
import {
  type Field,
  isObject,
  number,
  object,
  opaque,
  readTexts,
  state,
  stateTime,
  stored,
  text,
  textList,
  wrong,
} from './fields.js';
import { Codec } from './record.js';

/** Old records hold one label as plain text; a list is written. */
const labels: Field<readonly string[]> = {
  key: 'type',
  read: (fields) => {
    const value = stored(fields, 'type', []);
    return typeof value === 'string' ? [value] : readTexts('type', value);
  },
  write: (value) => value,
  normalised: true,
};

const externalId: Field<string | JsonObject | null> = {
  key: 'external_id',
  read: (fields) => {
    const value = stored(fields, 'external_id', null);
    return isObject(value) ? value : text('external_id').read(fields, 0);
  },
  write: (value) => value,
};

const connectionPort: Field<ConnectionPort | null> = {
  key: 'connection_port',
  read: (fields) => {
    const value = stored(fields, 'connection_port', stored(fields, 'ssh_port', 22));
    if (value === null || typeof value === 'number' || isObject(value)) return value;
    const port = typeof value === 'string' ? Number.parseInt(value, 10) : Number.NaN;
    return Number.isNaN(port) ? wrong('connection_port', 'a port') : port;
  },
  write: (value) => value,
};

/** A key of an earlier schema may hold more than numbers; only numbers can be counted. */
const resources: Field<Resources | null> = {
  key: 'resources',
  read: (fields) => {
    const value = object('resources').read(fields, 0);
    if (value === null) return null;
    return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, number] => isCount(entry[1])));
  },
  write: (value) => value,
};

/** Zuul writes what a person configured: anything that is no number never expires. */
const holdExpiration: Field<number | null> = {
  key: 'hold_expiration',
  read: (fields) => {
    const value = stored(fields, 'hold_expiration', null);
    if (value === null) return null;
    const seconds = typeof value === 'string' && !/^\s*[+-]?\d+\s*$/.test(value) ? 0 : Math.trunc(Number(value));
    return Number.isSafeInteger(seconds) ? seconds : 0;
  },
  write: (value) => value,
  normalised: true,
};

function isCount(value: JsonValue): value is number {
  return typeof value === 'number';
}

/** Source: docs/compatibility/zookeeper.md section 4. */
export const nodeCodec = new Codec<Node, Omit<Node, 'id'>>(
  {
    state: state(nodeStates),
    stateTimeSec: stateTime,
    cloud: text('cloud'),
    provider: text('provider'),
    pool: text('pool'),
    type: labels,
    allocatedTo: text('allocated_to'),
    az: text('az'),
    region: text('region'),
    publicIpv4: text('public_ipv4'),
    privateIpv4: text('private_ipv4'),
    publicIpv6: text('public_ipv6'),
    hostId: text('host_id'),
    interfaceIp: text('interface_ip'),
    connectionPort,
    imageId: text('image_id'),
    launcher: text('launcher'),
    createdTimeSec: number('created_time'),
    externalId,
    hostname: text('hostname'),
    comment: text('comment'),
    userData: opaque('user_data'),
    holdJob: text('hold_job'),
    hostKeys: textList('host_keys'),
    username: text('username', 'zuul'),
    connectionType: text('connection_type'),
    shellType: text('shell_type'),
    holdExpirationSec: holdExpiration,
    resources,
    slot: number('slot'),
    attributes: object('attributes'),
    pythonPath: text('python_path'),
    tenantName: text('tenant_name'),
    driverData: opaque('driver_data'),
    requestor: text('requestor'),
  },
  (path) => ({ id: baseName(path) }),
  (fields) => {
    fields['ssh_port'] = fields['connection_port'] ?? null;
  },
);
