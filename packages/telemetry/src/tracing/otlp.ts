import { createHash } from 'node:crypto';
import {
  type Clock,
  errorText,
  type Logger,
  noSpan,
  type Span,
  type SpanAttributes,
  type Tracer,
} from '@nodepool/runtime';
import * as api from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  RandomIdGenerator,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { TracingSettings } from './tracing-settings.js';

export interface OtlpOptions {
  readonly settings: TracingSettings;
  readonly version: string;
  readonly hostname: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Starts OpenTelemetry. Spans wait in a queue of 2,048 for their turn; further ones are dropped. */
export function startOtlp({ settings, version, hostname, clock, log }: OtlpOptions): {
  readonly tracer: Tracer;
  shutdown(): Promise<void>;
} {
  const ids = new KeyedIds();
  const exporter = tellingExporter(new OTLPTraceExporter({ url: settings.url }), log);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'host.name': hostname,
      ...settings.resource,
      'service.name': settings.serviceName,
      'service.version': version,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(settings.ratio) }),
    idGenerator: ids,
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const otel = provider.getTracer('nodepool', version);
  const begin = (name: string, attributes: SpanAttributes, startMs: number | undefined, parent: api.Context): Span => {
    const startTime = hrTime(startMs ?? clock.now());
    return new OtelSpan(otel.startSpan(name, { attributes: known(attributes), startTime }, parent), begin, clock);
  };
  return {
    tracer: {
      start: (name, { key, attributes = {}, startMs }) =>
        ids.withTrace(traceIdOf(key), () => begin(name, attributes, startMs, api.ROOT_CONTEXT)),
    },
    shutdown: () => provider.shutdown(),
  };
}

type Begin = (name: string, attributes: SpanAttributes, startMs: number | undefined, parent: api.Context) => Span;

class OtelSpan implements Span {
  readonly traceId: string;
  readonly #span: api.Span;
  readonly #begin: Begin;
  readonly #clock: Clock;

  constructor(span: api.Span, begin: Begin, clock: Clock) {
    this.traceId = span.spanContext().traceId;
    this.#span = span;
    this.#begin = begin;
    this.#clock = clock;
  }

  child(name: string, attributes: SpanAttributes = {}, startMs?: number): Span {
    if (!this.#span.isRecording()) return noSpan;
    return this.#begin(name, attributes, startMs, api.trace.setSpan(api.ROOT_CONTEXT, this.#span));
  }

  set(attributes: SpanAttributes): void {
    if (this.#span.isRecording()) this.#span.setAttributes(known(attributes));
  }

  end(error?: unknown): void {
    if (!this.#span.isRecording()) return;
    if (error !== undefined) this.#span.setStatus({ code: api.SpanStatusCode.ERROR, message: errorText(error) });
    this.#span.end(hrTime(this.#clock.now()));
  }
}

/** Takes the trace id of the next root from whoever starts it. */
class KeyedIds extends RandomIdGenerator {
  #next: string | undefined;

  withTrace<T>(traceId: string, start: () => T): T {
    this.#next = traceId;
    try {
      return start();
    } finally {
      this.#next = undefined;
    }
  }

  override generateTraceId(): string {
    return this.#next ?? super.generateTraceId();
  }
}

/** The same key gives the same trace in every process. */
function traceIdOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}

/** Seconds and nanoseconds: a bare number would be taken for the age of this process where it is small. */
function hrTime(ms: number): [number, number] {
  const sec = Math.floor(ms / 1000);
  return [sec, Math.round((ms - sec * 1000) * 1e6)];
}

function known(attributes: SpanAttributes): api.Attributes {
  const entries = Object.entries(attributes).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(entries.map(([key, value]) => [key, Array.isArray(value) ? [...value] : value]));
}

/** Says once that spans are lost, and once that they are not any more. */
function tellingExporter(exporter: SpanExporter, log: Logger): SpanExporter {
  let isFailing = false;
  return {
    export: (spans, onResult) =>
      exporter.export(spans, (result) => {
        const fails = result.error !== undefined;
        if (fails && !isFailing) log.warn({ error: errorText(result.error) }, 'traces were not sent');
        if (!fails && isFailing) log.info({}, 'sent traces again');
        isFailing = fails;
        onResult(result);
      }),
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush !== undefined && { forceFlush: async () => exporter.forceFlush?.() }),
  };
}
