import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { FakeClock, recordLog } from '@nodepool/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { statsdAddress, statsdMetrics } from './statsd.js';
import { openTelemetry } from './telemetry.js';

describe('statsd', () => {
  let server: Socket;
  let received: string[];

  beforeEach(async () => {
    received = [];
    server = createSocket('udp4');
    server.on('message', (packet) => received.push(...packet.toString().split('\n')));
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(() => server.close());

  it('is sent gauges, counts and milliseconds under the keys of the original', async () => {
    const metrics = statsdMetrics({ host: '127.0.0.1', port: server.address().port }, 'nl01', recordLog());

    metrics.gauge({ name: 'nodes', help: '' }).set(4, { state: 'ready' });
    metrics.histogram({ name: 'launch_seconds', help: '' }).observe(1.5, { provider: 'cloud', result: 'ready' });
    metrics.histogram({ name: 'dib_image_build_duration_seconds', help: '' }).observe(9.199, { image: 'debian' });
    metrics.counter({ name: 'provider_leaked_total', help: '' }).add(2, { provider: 'cloud', kind: 'ports' });
    metrics.counter({ name: 'provider_calls_total', help: '' }).add(1, { provider: 'cloud' });
    const told = new Promise<void>((resolve) => {
      server.on('message', () => received.length >= 7 && resolve());
    });
    await metrics.close();
    await told;

    expect(received.filter((line) => line !== '').sort()).toEqual([
      'nodepool.dib_image_build.debian.status.duration:9199|ms',
      'nodepool.launch.provider.cloud.ready:1500|ms',
      'nodepool.launch.provider.cloud.ready:1|c',
      'nodepool.launch.ready:1500|ms',
      'nodepool.launch.ready:1|c',
      'nodepool.nodes.ready:4|g',
      'nodepool.provider.cloud.leaked.ports:2|c',
    ]);
  });

  it('is off until the environment names it', () => {
    expect(statsdAddress({})).toBeUndefined();
    expect(statsdAddress({ STATSD_HOST: 'stats' })).toEqual({ host: 'stats', port: 8125 });
    expect(statsdAddress({ STATSD_HOST: '', STATSD_PORT: '9125' })).toEqual({ host: 'localhost', port: 9125 });
    expect(statsdAddress({ STATSD_HOST: '', STATSD_PORT: '' })).toBeUndefined();
  });

  it('stays off, with a warning, for a port that is none', async () => {
    const log = recordLog();

    await using telemetry = openTelemetry({
      env: { STATSD_PORT: 'udp' },
      hostname: 'nl01',
      clock: new FakeClock(),
      log,
    });
    telemetry.metrics.counter({ name: 'builder_deletions_total', help: 'Deletions' }).add(1);

    expect(log.lines.map(({ level, fields }) => [level, fields['port']])).toEqual([['warn', 'udp']]);
    expect(await telemetry.prometheusText()).toContain('nodepool_builder_deletions_total 1');
  });
});
