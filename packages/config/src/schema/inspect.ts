import { z } from 'zod';
import type { Path } from '../finding.js';

/** The schema that applies to what stands at `path` of a value that `schema` reads; undefined when nothing does. */
export function schemaAt(schema: z.ZodType, path: Path): z.ZodType | undefined {
  let current: z.ZodType | undefined = schema;
  for (const step of path) {
    if (current === undefined) return undefined;
    current = child(inner(current), step);
  }
  return current;
}

/** The keys that a mapping may have where `schema` applies; empty when it is free or no mapping. */
export function knownKeys(schema: z.ZodType): readonly string[] {
  const found = inner(schema);
  if (found instanceof z.ZodObject) return Object.keys(found.shape);
  if (found instanceof z.ZodUnion) return options(found).flatMap((option) => knownKeys(option));
  return [];
}

/** What a value has to be, in words for the person who writes the file. */
export function typeInWords(schema: z.ZodType): string {
  const found = inner(schema);
  if (found instanceof z.ZodUnion) return [...new Set(options(found).map(typeInWords))].join(' or ');
  if (found instanceof z.ZodArray) return 'a list';
  if (found instanceof z.ZodObject || found instanceof z.ZodRecord) return 'a mapping';
  if (found instanceof z.ZodString) return 'a string';
  if (found instanceof z.ZodBoolean) return 'true or false';
  if (found instanceof z.ZodNumber) return found.format === 'safeint' ? 'an integer' : 'a number';
  if (found instanceof z.ZodLiteral) return Array.from(found.values, (value) => JSON.stringify(value)).join(' or ');
  if (found instanceof z.ZodEnum) return `one of ${found.options.join(', ')}`;
  return 'another kind of value';
}

/** Takes off what only decorates: optional, default, transforms and the like. */
export function inner(schema: z.ZodType): z.ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodCatch ||
    schema instanceof z.ZodNonOptional
  ) {
    return inner(schema.unwrap() as z.ZodType);
  }
  if (!(schema instanceof z.ZodPipe)) return schema;
  // A preprocessing step tells nothing of its input; what follows it does.
  const source = schema.in as z.ZodType;
  return inner(source instanceof z.ZodTransform ? (schema.out as z.ZodType) : source);
}

function options(union: z.ZodUnion): readonly z.ZodType[] {
  return union.options as readonly z.ZodType[];
}

function child(schema: z.ZodType, step: string | number): z.ZodType | undefined {
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  if (schema instanceof z.ZodUnion) {
    return options(schema)
      .map((option) => child(inner(option), step))
      .find((found) => found !== undefined);
  }
  if (!(schema instanceof z.ZodObject)) return undefined;
  const shape = schema.shape as Readonly<Record<string, z.ZodType>>;
  return Object.hasOwn(shape, step) ? shape[step] : (schema.def.catchall as z.ZodType | undefined);
}
