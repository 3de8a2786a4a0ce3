import { z } from 'zod';
import { commonProviderKeys } from '../schema/common-provider.js';
import { fileSchema } from '../schema/file.js';
import { key } from '../schema/keys.js';
import { type ConfigDriver, defaultDriver, knownDrivers } from '../schema/providers.js';

/** The part of JSON Schema that our schemas produce. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly [other: string]: unknown;
}

/**
 * JSON Schema (2020-12) of the file as people write it, for editors. Entries of `providers` are those of `drivers`;
 * other drivers of Nodepool are described in their common part.
 */
export function toJsonSchema(drivers: readonly ConfigDriver[]): JsonSchema {
  const entries = [...drivers.map((driver) => driver.configSchema), ...unavailableProvider(drivers)];
  const [first, ...others] = entries;
  const provider = first === undefined || others.length === 0 ? (first ?? z.never()) : z.union([first, ...others]);
  return { title: 'nodepool.yaml', ...inputSchema(fileSchema(provider)) };
}

/** JSON Schema of what a schema accepts. */
export function inputSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => tidy(zodSchema, jsonSchema),
  }) as JsonSchema;
}

/** Shows defaults that zod leaves out beside transforms, and leaves out bounds that say only what an integer is. */
function tidy(source: z.core.$ZodType, schema: Record<string, unknown>): void {
  if (source instanceof z.ZodDefault) schema['default'] = source.def.defaultValue;
  if ('fallback' in schema) schema['default'] = schema['fallback'];
  delete schema['fallback'];
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum'];
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
  delete schema['propertyNames'];
}

function unavailableProvider(drivers: readonly ConfigDriver[]): z.ZodType[] {
  const names = knownDrivers.filter((name) => drivers.every((driver) => driver.name !== name));
  if (names.length === 0) return [];
  const name = z.enum(names);
  const driver = key(
    names.includes(defaultDriver) ? name.default(defaultDriver) : name,
    'Kind of cloud; this release does not start providers of these drivers.',
  );
  return [z.looseObject({ ...commonProviderKeys, driver })];
}

/** Paths of keys that lack a description, in the schema of the whole file; tests keep it empty. */
export function keysWithoutDescription(drivers: readonly ConfigDriver[]): readonly string[] {
  return [...undescribed(toJsonSchema(drivers), '')];
}

function* undescribed(schema: JsonSchema, path: string): Generator<string> {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const own = path === '' ? name : `${path}.${name}`;
    if (property.description === undefined) yield own;
    yield* undescribed(property, own);
  }
  for (const part of [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]) {
    yield* undescribed(part, path);
  }
  if (schema.items !== undefined) yield* undescribed(schema.items, `${path}[]`);
  if (typeof schema.additionalProperties === 'object') yield* undescribed(schema.additionalProperties, `${path}.*`);
}
