import { z } from 'zod';

/** Paths of the keys of a configuration schema that say nothing about themselves; there must be none. */
export function undescribedKeys(schema: z.ZodType): readonly string[] {
  return collect(z.toJSONSchema(schema, { io: 'input' }), '');
}

function collect(node: unknown, path: string): readonly string[] {
  if (!isObject(node)) return [];
  const properties = isObject(node['properties']) ? Object.entries(node['properties']) : [];
  const here = properties
    .filter(([, property]) => !isObject(property) || typeof property['description'] !== 'string')
    .map(([name]) => `${path}.${name}`);
  return [...here, ...Object.entries(node).flatMap(([key, value]) => collect(value, `${path}.${key}`))];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
