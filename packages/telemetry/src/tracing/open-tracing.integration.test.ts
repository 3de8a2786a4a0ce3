import { systemClock } from '@nodepool/runtime';
import { recordLog } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { spanTree, startOtlpReceiver } from '../testing/otlp-receiver.js';
import { openTracing } from './open-tracing.js';

function opened(env: Readonly<Record<string, string>>, log = recordLog()) {
  const rest = { service: 'nodepool-test', version: '1.2.3', hostname: 'nl01', clock: systemClock, log };
  return openTracing({ env, ...rest });
}

describe('traces', () => {
  it('arrive as trees, with their times, failures and origin', async () => {
    await using receiver = await startOtlpReceiver();
    const tracing = await opened({
      OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.endpoint}/`,
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=a%20b, bad',
    });
    const startMs = 1_700_000_000_123;
    const root = tracing.tracer.start('root', { key: 'k', startMs, attributes: { labels: ['a'], none: undefined } });
    const child = root.child('child', { number: 1 }, startMs + 1);
    child.child('grandchild').end(new Error('no room'));
    child.end();
    root.set({ late: true });
    root.end();
    root.end(new Error('too late'));

    await tracing[Symbol.asyncDispose]();

    expect(spanTree(receiver.spans)).toEqual(['root', '  child', '    grandchild']);
    const [first] = receiver.spans.filter(({ name }) => name === 'root');
    expect(first).toMatchObject({ startMs, error: '', attributes: { late: true } });
    expect(first?.traceId).toBe(root.traceId);
    expect(first?.attributes).not.toHaveProperty('none');
    expect(first?.resource).toMatchObject({
      'service.name': 'nodepool-test',
      'service.version': '1.2.3',
      'host.name': 'nl01',
      'deployment.environment.name': 'a b',
    });
    expect(receiver.spans.find(({ name }) => name === 'grandchild')?.error).toBe('no room');
  });

  it('of the same key are one trace, whoever sends its parts', async () => {
    await using receiver = await startOtlpReceiver();
    const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.endpoint}/v1/traces` };
    const [one, other] = [await opened(env), await opened(env)];
    const ids = [one, other].map(({ tracer }) => {
      const span = tracer.start('half', { key: 'shared' });
      span.end();
      return span.traceId;
    });
    const another = one.tracer.start('another', { key: 'own' }).traceId;

    await Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);

    expect(new Set(ids).size).toBe(1);
    expect(ids).not.toContain(another);
    expect(receiver.spans.map(({ traceId }) => traceId)).toEqual(ids);
  });

  it('are left out by the sampler, their parts as well', async () => {
    await using receiver = await startOtlpReceiver();
    const tracing = await opened({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0',
    });
    const span = tracing.tracer.start('root', { key: 'k' });
    span.child('child').end();
    span.end();

    await tracing[Symbol.asyncDispose]();

    expect(receiver.bodies).toEqual([]);
  });

  it('that nobody takes keep nobody waiting', async () => {
    const log = recordLog();
    const receiver = await startOtlpReceiver();
    await receiver[Symbol.asyncDispose]();
    const tracing = await opened({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint }, log);
    tracing.tracer.start('root', { key: 'k' }).end();

    await tracing[Symbol.asyncDispose]();

    expect(log.lines.map(({ message }) => message)).toContainEqual(expect.stringMatching(/not sent/));
  });
});
