/** What a span says of itself; what is undefined is left out. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | readonly string[] | null | undefined>>;

/** A piece of work with a beginning and an end, part of another one. Only what has ended is ever shown. */
export interface Span {
  /** Undefined when nobody looks. */
  readonly traceId: string | undefined;
  /**
   * A part of this one.
   *
   * @param startMs milliseconds since the epoch; now when absent.
   */
  child(name: string, attributes?: SpanAttributes, startMs?: number): Span;
  set(attributes: SpanAttributes): void;
  /** Whoever ends it a second time is not heard. `error` makes it a failure. */
  end(error?: unknown): void;
}

export interface TraceStart {
  /** Whoever starts a trace with the same key, in whatever process, adds to the same trace. */
  readonly key: string;
  readonly attributes?: SpanAttributes;
  /** Milliseconds since the epoch; now when absent. */
  readonly startMs?: number;
}

/** Where traces go. */
export interface Tracer {
  /** Begins a span that is part of no other. */
  start(name: string, start: TraceStart): Span;
}

/** A span that nobody looks at. */
export const noSpan: Span = {
  traceId: undefined,
  child: () => noSpan,
  set: () => undefined,
  end: () => undefined,
};

/** Traces nothing. */
export const noTracing: Tracer = { start: () => noSpan };

/** Does `work` as a part of `parent`; what it throws makes the span a failure. */
export async function traced<T>(
  parent: Span,
  name: string,
  attributes: SpanAttributes,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const span = parent.child(name, attributes);
  try {
    const result = await work(span);
    span.end();
    return result;
  } catch (error) {
    span.end(error);
    throw error;
  }
}
