import type { JsonValue } from '@nodepool/model';
import { z } from 'zod';

/**
 * Documents a key. The reference page and the JSON Schema take their texts from here.
 *
 * @param fallback the default to show where the schema itself must leave the value undefined, because it is filled in
 * later (from a parent, from the provider).
 */
export function key<Schema extends z.ZodType>(schema: Schema, description: string, fallback?: JsonValue): Schema {
  return schema.meta(fallback === undefined ? { description } : { description, fallback });
}

/** A name that becomes part of a ZooKeeper path or of a file name. */
export const pathName = z
  .string()
  .refine((name) => name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name), {
    error: 'a name must not be empty, a dot or two, or hold a slash',
    params: { remedy: 'choose another name: it becomes part of ZooKeeper paths and file names' },
  });

/** A name that is only compared. */
export const plainName = z.string().min(1);

export const port = z.int().min(1).max(65_535);

/** Free text values as the clouds take them; numbers and booleans are spelled the way Python does. */
export const textMap = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(pythonText));

function pythonText(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}
