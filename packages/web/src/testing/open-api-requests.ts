import * as fc from 'fast-check';
import type { OpenApiDocument, Operation } from '../api/openapi/document.js';

/** A call as the document describes it, or nearly so. */
export interface RandomCall {
  readonly operation: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string | undefined;
}

type Schema = Readonly<Record<string, unknown>>;

/** Streams without an end are left out. */
const endless = new Set(['followEvents', 'getBuildLog']);

/**
 * Calls of every operation: mostly as described, with a part of them bent. `known` are ids and names that exist.
 *
 * @param credentials values of the header `Authorization`; undefined sends none.
 */
export function anyCall(
  document: OpenApiDocument,
  known: readonly string[],
  credentials: readonly (string | undefined)[],
): fc.Arbitrary<RandomCall> {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { operationId }]) => !endless.has(operationId))
      .map(([method, operation]) => ({ path, method, operation })),
  );
  return fc.constantFrom(...operations).chain(({ path, method, operation }) =>
    fc
      .record({
        parameters: anyParameters(document, operation, known),
        body: anyBody(document, operation),
        authorization: fc.constantFrom(...credentials),
        header: fc.option(fc.string({ unit: 'grapheme-ascii', maxLength: 20 }), { nil: undefined, freq: 4 }),
      })
      .map(({ parameters, body, authorization, header }) => ({
        operation: operation.operationId,
        method: method.toUpperCase(),
        url: `/api/v1${fillIn(path, operation, parameters)}`,
        headers: {
          ...(authorization !== undefined && { authorization }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(header !== undefined && { 'if-none-match': header, 'idempotency-key': header }),
        },
        payload: body,
      })),
  );
}

function fillIn(path: string, { parameters }: Operation, values: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const { name, in: place } of parameters) {
    const value = values[name];
    if (place === 'path') filled = filled.replace(`{${name}}`, encodeURIComponent(value ?? 'x'));
    else if (value !== undefined) query.set(name, value);
  }
  return query.size === 0 ? filled : `${filled}?${query.toString()}`;
}

function anyParameters(
  document: OpenApiDocument,
  { parameters }: Operation,
  known: readonly string[],
): fc.Arbitrary<Readonly<Record<string, string | undefined>>> {
  return fc.record(
    Object.fromEntries(
      parameters.map(({ name, schema }) => [
        name,
        fc.oneof(
          { weight: 4, arbitrary: fc.constantFrom(...known) },
          { weight: 3, arbitrary: anyValue(document, schema).map(String) },
          {
            weight: 2,
            arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }).filter((text) => text.isWellFormed()),
          },
          { weight: 2, arbitrary: fc.constant(undefined) },
        ),
      ]),
    ),
  );
}

function anyBody(document: OpenApiDocument, { requestBody }: Operation): fc.Arbitrary<string | undefined> {
  const schema = requestBody?.content['application/json']?.schema;
  const described = schema === undefined ? fc.constant({}) : anyValue(document, schema);
  return fc.oneof(
    { weight: 5, arbitrary: described.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string() },
    { weight: 2, arbitrary: fc.constant(undefined) },
  );
}

/** Values of a schema, of the few kinds that the document has. */
function anyValue(document: OpenApiDocument, schema: Schema): fc.Arbitrary<unknown> {
  const { $ref, type, properties, items, required = [], ['enum']: choices } = schema;
  if (typeof $ref === 'string') {
    return anyValue(document, document.components.schemas[$ref.split('/').at(-1) ?? ''] ?? {});
  }
  if (Array.isArray(choices)) return fc.constantFrom(...(choices as unknown[]));
  if (type === 'object') {
    const fields = Object.entries((properties ?? {}) as Readonly<Record<string, Schema>>);
    return fc.record(Object.fromEntries(fields.map(([name, field]) => [name, anyValue(document, field)])), {
      requiredKeys: fields.map(([name]) => name).filter((name) => (required as readonly string[]).includes(name)),
    });
  }
  if (type === 'array') return fc.array(anyValue(document, (items ?? {}) as Schema), { maxLength: 3 });
  if (type === 'integer' || type === 'number') return fc.integer({ min: -1, max: 1_001 });
  if (type === 'boolean') return fc.boolean();
  return fc.string({ maxLength: 40 }).filter((text) => text.isWellFormed());
}
