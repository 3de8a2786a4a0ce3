import { type PoolLabel, tagKeys } from '@nodepool/driver-api';
import type { NodeRequest } from '@nodepool/model';

/** Attributes of a request that a format string may name. Source: docs/compatibility/launcher.md section 7. */
const attributes: Readonly<Record<string, (request: NodeRequest) => unknown>> = {
  id: (request) => request.id,
  labels: (request) => request.nodeTypes,
  requestor: (request) => request.requestor,
  requestor_data: (request) => request.requestorData,
  relative_priority: (request) => request.relativePriority,
  event_id: (request) => request.eventId,
  created_time: (request) => request.createdTimeSec,
  tenant_name: (request) => request.tenantName,
};

export interface NodeTags {
  readonly tags: Readonly<Record<string, string>>;
  /** Keys left out because their format string names something unknown. */
  readonly skipped: readonly string[];
}

/** The tags of an instance: fixed properties, then dynamic ones, then ours, which nothing overrides. */
export function nodeTags(
  owner: { readonly nodeId: string; readonly pool: string; readonly provider: string },
  label: Pick<PoolLabel, 'instanceProperties' | 'dynamicInstanceProperties'>,
  request: NodeRequest,
): NodeTags {
  const tags: Record<string, string> = { ...label.instanceProperties };
  const skipped: string[] = [];
  for (const [key, format] of Object.entries(label.dynamicInstanceProperties)) {
    const text = fill(format, request);
    if (text === undefined) skipped.push(key);
    else tags[key] = text;
  }
  tags[tagKeys.nodeId] = owner.nodeId;
  tags[tagKeys.poolName] = owner.pool;
  tags[tagKeys.providerName] = owner.provider;
  return { tags, skipped };
}

const fieldPattern = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;

/** Fills `{request.<attribute>}`; doubled braces stand for themselves; undefined when a field is unknown. */
function fill(format: string, request: NodeRequest): string | undefined {
  let valid = true;
  const text = format.replace(fieldPattern, (match, field: string | undefined) => {
    if (match === '{{' || match === '}}') return match.charAt(0);
    const value = field === undefined ? undefined : fieldValue(field, request);
    if (value === undefined) valid = false;
    return value ?? '';
  });
  return valid ? text : undefined;
}

/** `request.<attribute>`, with members of objects by `[key]` as in `{request.requestor_data[project]}`. */
function fieldValue(field: string, request: NodeRequest): string | undefined {
  const match = /^request\.([a-z_]+)((?:\[[^[\]]+\])*)$/.exec(field);
  const read = attributes[match?.[1] ?? ''];
  if (match === null || read === undefined) return undefined;
  let value: unknown = read(request);
  for (const [, key] of (match[2] ?? '').matchAll(/\[([^[\]]+)\]/g)) {
    value = typeof value === 'object' && value !== null && key !== undefined ? Reflect.get(value, key) : undefined;
    if (value === undefined) return undefined;
  }
  return asText(value);
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null ? 'None' : JSON.stringify(value);
}
