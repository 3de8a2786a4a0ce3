import type { JsonValue } from '@nodepool/model';
import { z } from 'zod';

// Values that recur in nodepool.yaml. Every key that uses one adds its own description.

/** A name or other text that must not be empty. */
export const text = z.string().min(1);

/** A duration in seconds, 0 or more. */
export const seconds = z.number().nonnegative();

/** A TCP port. */
export const port = z.int().min(1).max(65_535);

/** Text, or a number or boolean that YAML made of what was meant as text; booleans become `True` and `False`. */
export const scalarText = z
  .union([z.string(), z.number(), z.boolean()])
  .transform((value) => (typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value)));

/** A mapping of text to text, as cloud metadata is. */
export const textMap = z.record(z.string(), scalarText);

/** A number, or text that holds one: the existing loader converts. */
export const numberOrText = z.union([
  z.number(),
  z
    .string()
    .regex(/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/, 'not a number')
    .transform(Number),
]);

/** Anything that survives a round trip through JSON. */
export const jsonValue: z.ZodType<JsonValue> = z.json();

/**
 * A format string in the manner of Python whose fields are all known.
 *
 * @param fields names that may stand at the beginning of a field: `image_name` in `{image_name}`.
 */
export function formatText(fields: readonly string[]): z.ZodString {
  return text.superRefine((value, ctx) => {
    for (const field of formatFields(value)) {
      if (fields.includes(field)) continue;
      ctx.addIssue({
        code: 'custom',
        message: `unknown field {${field}}; known are ${fields.map((name) => `{${name}}`).join(', ')}`,
      });
    }
  });
}

/** The fields of a format string, without conversions and format specifications; `{{` and `}}` are plain braces. */
function formatFields(value: string): readonly string[] {
  const plain = value.replaceAll('{{', '').replaceAll('}}', '');
  return [...plain.matchAll(/\{([^{}:!]*)[^{}]*\}/g)].map((match) => match[1] ?? '');
}

const requestFields = [
  'id',
  'labels',
  'requestor',
  'requestor_data',
  'relative_priority',
  'event_id',
  'created_time',
  'tenant_name',
];

/**
 * A mapping of format strings over `{request.<attribute>}`, with subscripts (`{request.requestor_data[buildset]}`).
 *
 * Source: docs/compatibility/launcher.md section 7.
 */
export const requestFormatMap = z.record(z.string(), scalarText).superRefine((map, ctx) => {
  for (const [key, value] of Object.entries(map)) {
    for (const field of formatFields(value)) {
      const attribute = /^request\.(\w+)/.exec(field)?.[1];
      if (attribute !== undefined && requestFields.includes(attribute)) continue;
      ctx.addIssue({
        code: 'custom',
        path: [key],
        message: `unknown field {${field}}; known are {request.<attribute>} with ${requestFields.join(', ')}`,
      });
    }
  }
});
