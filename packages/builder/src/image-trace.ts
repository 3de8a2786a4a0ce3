import type { LogFields, Span, SpanAttributes, Tracer } from '@nodepool/runtime';

/** A span in the trace of one build of an image: its building, or one of its uploads, by whichever builder. */
export function startImageSpan(
  tracer: Tracer,
  name: 'image build' | 'image upload',
  { image, buildId }: { readonly image: string; readonly buildId: string },
  attributes: SpanAttributes = {},
): Span {
  return tracer.start(name, {
    key: `build ${image} ${buildId}`,
    attributes: { 'nodepool.image': image, 'nodepool.build': buildId, ...attributes },
  });
}

/** What log lines say, so that they can be found from the trace. */
export function traceFields({ traceId }: Span): LogFields {
  return traceId === undefined ? {} : { traceId };
}
