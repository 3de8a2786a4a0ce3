import { errorText } from '../errors.js';
import type { Span, SpanAttributes, Tracer } from '../tracing.js';

/** A span as a test looks at it. */
export interface RecordedSpan {
  readonly name: string;
  readonly key: string;
  readonly attributes: SpanAttributes;
  readonly startMs: number | undefined;
  readonly ended: boolean;
  readonly error: string | undefined;
  /** In the order of their beginnings. */
  readonly children: readonly RecordedSpan[];
}

/** Keeps what was traced. The trace id is the key with `trace ` before it. */
export function recordSpans(): Tracer & { readonly roots: readonly RecordedSpan[] } {
  const roots: RecordedSpan[] = [];
  const begin = (
    siblings: RecordedSpan[],
    name: string,
    key: string,
    first: SpanAttributes,
    startMs?: number,
  ): Span => {
    const children: RecordedSpan[] = [];
    const record = {
      name,
      key,
      attributes: first,
      startMs,
      ended: false,
      error: undefined as string | undefined,
      children,
    };
    siblings.push(record);
    return {
      traceId: `trace ${key}`,
      child: (childName, attributes = {}, childStartMs) => begin(children, childName, key, attributes, childStartMs),
      set: (attributes) => {
        record.attributes = { ...record.attributes, ...attributes };
      },
      end: (error) => {
        if (record.ended) return;
        record.ended = true;
        record.error = error === undefined ? undefined : errorText(error);
      },
    };
  };
  return { roots, start: (name, { key, attributes = {}, startMs }) => begin(roots, name, key, attributes, startMs) };
}

/** Names of spans that have ended, each child indented by two blanks more than its parent. */
export function spanLines(spans: readonly RecordedSpan[], indent = ''): readonly string[] {
  return spans.flatMap((span) =>
    span.ended ? [`${indent}${span.name}`, ...spanLines(span.children, `${indent}  `)] : [],
  );
}
