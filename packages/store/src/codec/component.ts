import {
  type Component,
  type ComponentKind,
  type ComponentState,
  componentKinds,
  componentStates,
  type PoolComponent,
} from '@nodepool/model';
import { readNumber, stored, text, textList, wrong } from './fields.js';
import { type Fields, parseFields, serialize, UnreadableError } from './json.js';

const version = text('version');
const name = text('name');
const providerName = text('provider_name');
const supportedLabels = textList('supported_labels');

/** Data of a component record: every key, sorted. Source: docs/compatibility/zookeeper.md section 7. */
export function encodeComponent(component: Component | PoolComponent): Buffer {
  const { kind, hostname, state, modelApi } = component;
  const common: Fields = { hostname, kind, model_api: modelApi, state, version: component.version };
  return serialize(isPool(component) ? { ...common, ...poolFields(component) } : common, true);
}

/** Undefined when the data hold no component: other releases may write what we do not know. */
export function decodeComponent(data: Uint8Array): Component | PoolComponent | undefined {
  try {
    return readComponent(parseFields(data));
  } catch (error) {
    if (error instanceof UnreadableError) return undefined;
    throw error;
  }
}

export function isPool(component: Component): component is PoolComponent {
  return component.kind === 'pool';
}

function poolFields(pool: PoolComponent): Fields {
  return {
    id: pool.id,
    name: pool.name,
    provider_name: pool.providerName,
    supported_labels: pool.supportedLabels,
    priority: pool.priority,
    paused: pool.paused,
    ...(pool.takesTurns === true ? { takes_turns: true } : {}),
  };
}

function readComponent(fields: Fields): Component | PoolComponent {
  const kind = oneOf<ComponentKind>('kind', componentKinds, fields);
  const component: Component = {
    kind,
    hostname: required('hostname', fields),
    state: oneOf<ComponentState>('state', componentStates, fields, 'stopped'),
    version: version.read(fields, 0),
    modelApi: readNumber('model_api', stored(fields, 'model_api', 0)) ?? 0,
  };
  if (kind !== 'pool') return component;
  return {
    ...component,
    kind,
    id: required('id', fields),
    name: name.read(fields, 0),
    providerName: providerName.read(fields, 0),
    supportedLabels: supportedLabels.read(fields, 0),
    priority: readNumber('priority', stored(fields, 'priority', 100)) ?? 100,
    paused: stored(fields, 'paused', false) === true,
    ...(stored(fields, 'takes_turns', false) === true ? { takesTurns: true } : {}),
  };
}

function required(key: string, fields: Fields): string {
  const value = stored(fields, key, null);
  return typeof value === 'string' ? value : wrong(key, 'text');
}

function oneOf<V extends string>(key: string, values: readonly V[], fields: Fields, missing: V | null = null): V {
  const value = stored(fields, key, missing);
  return values.find((candidate) => candidate === value) ?? wrong(key, `one of ${values.join(', ')}`);
}
