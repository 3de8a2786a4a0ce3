import { z } from 'zod';

const name = z.string().min(1);
const atSec = z.number().nonnegative().meta({ description: 'When, seconds since the epoch.' });
const seconds = z.number().nonnegative();
const resources = z.record(z.string(), z.number().nonnegative());

const span = z.union([
  seconds,
  z.strictObject({ min: seconds, max: seconds }).refine(({ min, max }) => min <= max, 'min must not be above max'),
]);

/** Somebody has asked for nodes. */
const RequestLine = z.strictObject({
  kind: z.literal('request'),
  at: atSec,
  id: name,
  labels: z.array(name).min(1),
  priority: z
    .string()
    .regex(/^\d{1,10}$/)
    .default('100'),
  relativePriority: z.int().default(0),
  provider: name.nullable().default(null),
  tenant: z.string().nullable().default(null),
  reuse: z.boolean().default(true),
});

const ofRequest = { at: atSec, request: name };

/** Every kind of line. Docs: docs/operators/simulate.md, "The trace". */
const traceLines = [
  z.strictObject({ kind: z.literal('trace'), version: z.literal(1), at: atSec }),
  RequestLine,
  z.strictObject({ kind: z.literal('revised'), ...ofRequest, relativePriority: z.int() }),
  z.strictObject({ kind: z.literal('cancelled'), ...ofRequest }),
  z.strictObject({ kind: z.literal('fulfilled'), ...ofRequest, nodes: z.int().nonnegative() }),
  z.strictObject({ kind: z.literal('failed'), ...ofRequest }),
  z.strictObject({
    kind: z.literal('launch'),
    at: atSec,
    provider: name,
    label: name,
    result: z.enum(['ready', 'failed', 'aborted']),
    tookSec: seconds,
    resources: resources.optional(),
  }),
  z.strictObject({
    kind: z.literal('use'),
    at: atSec,
    provider: name,
    label: name,
    request: name.nullable().default(null),
    heldSec: seconds,
  }),
  z.strictObject({ kind: z.literal('deletion'), at: atSec, provider: name, label: name, tookSec: seconds }),
  z.strictObject({ kind: z.literal('quota'), at: atSec.default(0), provider: name, limits: resources }),
  z.strictObject({
    kind: z.literal('behaviour'),
    provider: name.optional(),
    label: name.optional(),
    bootSec: span.optional(),
    failureRate: z.number().min(0).max(1).optional(),
    heldSec: span.optional(),
    deleteSec: span.optional(),
    resources: resources.optional(),
  }),
] as const;

export const TraceLine = z.discriminatedUnion('kind', traceLines);

/** One line of a trace as it is read. */
export type TraceLine = z.output<typeof TraceLine>;

/** One line of a trace as it is written. */
export type NewTraceLine = z.input<typeof TraceLine>;

export type TraceRequest = z.output<typeof RequestLine>;
export type LineOf<Kind extends TraceLine['kind']> = Extract<TraceLine, { readonly kind: Kind }>;

/** Seconds, or between two of them. */
export type Span = z.output<typeof span>;
