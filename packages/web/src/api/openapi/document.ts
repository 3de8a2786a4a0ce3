import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { problemMediaType } from '../problem.js';
import { type Answer, type Route, routes } from '../routes/index.js';
import { EventFrame, Problem } from '../schemas/index.js';

type JsonSchema = Readonly<Record<string, unknown>>;

/** An operation of the document, as far as we write it. */
export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: 'path' | 'query' | 'header';
    readonly required: boolean;
    readonly description?: string;
    readonly schema: JsonSchema;
  }[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>>;
  };
  readonly responses: Readonly<Record<string, unknown>>;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: Readonly<Record<string, unknown>>;
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: Readonly<Record<string, unknown>>;
  };
}

/** What every call may answer besides. */
const commonFailures: readonly number[] = [400, 401, 403, 429, 500];

/** OpenAPI 3.1 of the whole API, made of the same descriptions that the server checks calls by. */
export function openApiDocument(version: string): OpenApiDocument {
  const schemas = new SchemaRegistry();
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    paths[route.path] = path;
    path[route.method.toLowerCase()] = operation(route, schemas);
  }
  schemas.reference(EventFrame, 'output');
  return {
    openapi: '3.1.0',
    info: {
      title: 'Nodepool',
      version,
      description: 'Nodes, requests, images and leases. Times are seconds since the epoch.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/v1' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: schemas.all(),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'Made by `nodepool web-token NAME`' },
      },
    },
  };
}

function operation(route: Route, schemas: SchemaRegistry): Operation {
  const { id, tag, summary, description, params, query, body, method, scope } = route;
  const fields = [...parametersOf(params, 'path'), ...parametersOf(query, 'query')];
  const hasBody = !(body instanceof z.ZodObject && Object.keys(body.shape).length === 0);
  const isOptional = body.safeParse({}).success;
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    parameters: fields,
    ...(hasBody && {
      requestBody: {
        required: !isOptional,
        content: { 'application/json': { schema: schemas.reference(body, 'input') } },
      },
    }),
    responses: responses(route, schemas),
    security: scope === 'open' ? [{}] : [...(method === 'GET' && scope === 'read' ? [{}] : []), { token: [scope] }],
  };
}

function parametersOf(shape: z.ZodObject, place: 'path' | 'query'): Operation['parameters'] {
  const { properties = {}, required = [] } = plainSchema(shape, 'input');
  return Object.entries(properties as Readonly<Record<string, JsonSchema>>).map(
    ([name, { description, ...schema }]) => ({
      name,
      in: place,
      required: place === 'path' || (required as readonly string[]).includes(name),
      ...(typeof description === 'string' && { description }),
      schema,
    }),
  );
}

function responses({ answer, failures, body }: Route, schemas: SchemaRegistry): Readonly<Record<string, unknown>> {
  const takesBody = body instanceof z.ZodObject && Object.keys(body.shape).length > 0;
  const statuses = [...new Set([...commonFailures, ...(takesBody ? [413, 415] : []), ...failures])].sort();
  const problem = { [problemMediaType]: { schema: schemas.reference(Problem, 'output') } };
  return {
    [answer.status]: success(answer, schemas),
    ...Object.fromEntries(
      statuses.map((status) => [status, { description: STATUS_CODES[status] ?? 'Error', content: problem }]),
    ),
  };
}

function success(
  { description, schema, mediaType }: Answer,
  schemas: SchemaRegistry,
): Readonly<Record<string, unknown>> {
  if (schema !== undefined) {
    return { description, content: { 'application/json': { schema: schemas.reference(schema, 'output') } } };
  }
  return mediaType === undefined ? { description } : { description, content: { [mediaType]: {} } };
}

/** Schemas with a name are written once and referred to. */
class SchemaRegistry {
  readonly #schemas = new Map<string, JsonSchema>();

  reference(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const { $defs = {}, ...rest } = plainSchema(schema, io);
    for (const [name, definition] of Object.entries(relocated($defs) as Readonly<Record<string, JsonSchema>>)) {
      this.#schemas.set(name, withoutId(definition));
    }
    const own = relocated(withoutId(rest)) as JsonSchema;
    const name = schema.meta()?.id;
    if (name === undefined) return own;
    this.#schemas.set(name, own);
    return { $ref: `#/components/schemas/${name}` };
  }

  all(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.#schemas].sort(([left], [right]) => (left < right ? -1 : 1)));
  }
}

function plainSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  return rest;
}

function withoutId({ id: _, $id: __, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

/** Points references to where an OpenAPI document keeps its schemas. */
function relocated(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relocated);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === '$ref' && typeof item === 'string' ? item.replace('#/$defs/', '#/components/schemas/') : relocated(item),
    ]),
  );
}
