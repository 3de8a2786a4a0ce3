import type { TokenScope } from '@nodepool/config';
import { z } from 'zod';

/** What a call answers when it goes well. */
export interface Answer {
  readonly status: 200 | 201 | 202 | 204;
  readonly description: string;
  /** Absent where there is no body, or where it is not JSON. */
  readonly schema?: z.ZodType;
  /** Of a body that is not JSON. */
  readonly mediaType?: string;
}

/**
 * One call of the API: the server checks what comes in by it, and the OpenAPI document is made of it. `open` is for
 * what anybody may see, whatever the configuration says.
 */
export interface Route<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
> {
  /** `operationId` of the document, and the action of the audit line. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/api/v1`, with `{name}` for parameters. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly scope: TokenScope | 'open';
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly answer: Answer;
  /** Statuses of failures that callers should expect, besides those of every call. */
  readonly failures: readonly number[];
}

const nothing = z.strictObject({});
type Nothing = typeof nothing;

type RouteInput<Params, Query, Body> = Pick<Route, 'id' | 'method' | 'path' | 'tag' | 'summary' | 'scope' | 'answer'> &
  Partial<Pick<Route, 'description' | 'failures'>> & {
    readonly params?: Params;
    readonly query?: Query;
    readonly body?: Body;
  };

/** Fills in what a call does not take. */
export function defineRoute<
  Params extends z.ZodObject = Nothing,
  Query extends z.ZodObject = Nothing,
  Body extends z.ZodType = Nothing,
>({ params, query, body, failures, ...rest }: RouteInput<Params, Query, Body>): Route<Params, Query, Body> {
  return {
    ...rest,
    params: (params ?? nothing) as Params,
    query: (query ?? nothing) as Query,
    body: (body ?? nothing) as Body,
    failures: failures ?? [],
  };
}

/** A path parameter: a name that cannot lead anywhere else. */
export function parameter(description: string): z.ZodString {
  return z
    .string()
    .min(1)
    .max(255)
    .regex(/^(?!\.{1,2}$)[^/\p{Cc}]+$/u, 'not a name')
    .meta({ description });
}
