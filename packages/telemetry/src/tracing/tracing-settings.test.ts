import { noTracing, systemClock } from '@nodepool/runtime';
import { recordLog } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { openTracing } from './open-tracing.js';
import { tracingSettings } from './tracing-settings.js';

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('the environment', () => {
  it.each([
    ['nothing', {}],
    ['an empty endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    ['another exporter', { ...endpoint, OTEL_TRACES_EXPORTER: 'none' }],
    ['no OpenTelemetry at all', { ...endpoint, OTEL_SDK_DISABLED: 'true' }],
  ])('asks for no traces with %s', (_what, env) => {
    expect(tracingSettings(env, 'nodepool')).toBeUndefined();
  });

  it.each([
    ['a bad URL', { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }],
    ['gRPC', { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }],
    ['an unknown sampler', { ...endpoint, OTEL_TRACES_SAMPLER: 'jaeger_remote' }],
    ['a share above one', { ...endpoint, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }],
  ])('cannot be followed with %s, which is logged', async (_what, env) => {
    const log = recordLog();
    const rest = { service: 's', version: '1', hostname: 'h', clock: systemClock, log };

    const { tracer } = await openTracing({ env, ...rest });

    expect(tracer).toBe(noTracing);
    expect(log.lines).toMatchObject([{ level: 'warn', message: 'sent no traces' }]);
  });

  it('names endpoint, service and share', () => {
    const env = {
      ...endpoint,
      OTEL_SERVICE_NAME: 'np',
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
    };

    expect(tracingSettings(env, 'nodepool')).toEqual({
      url: 'http://collector:4318/v1/traces',
      serviceName: 'np',
      resource: {},
      ratio: 0.1,
    });
    expect(tracingSettings({ ...endpoint, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://other/x' }, 's')).toMatchObject({
      url: 'http://other/x',
      serviceName: 's',
      ratio: 1,
    });
  });
});
