import { describe, expect, it } from 'vitest';
import { statsdKeys } from './statsd-keys.js';

const keys = (name: string, labels: Record<string, string>): readonly string[] =>
  statsdKeys[name]?.(labels, 'nl01') ?? [];

describe('statsd keys', () => {
  it('of a launch name result, provider, zone and requestor', () => {
    const labels = { provider: 'cloud', az: 'az1', requestor: 'NodePool:min-ready', result: 'ready' };

    expect(keys('launch_seconds', labels)).toEqual([
      'launch.ready',
      'launch.provider.cloud.ready',
      'launch.provider.cloud.az1.ready',
      'launch.requestor.NodePool_min-ready.ready',
    ]);
  });

  it('of a launch leave out zone and requestor that nobody set', () => {
    expect(keys('launch_seconds', { provider: 'cloud', az: '', requestor: '', result: 'error.quota' })).toEqual([
      'launch.error.quota',
      'launch.provider.cloud.error.quota',
    ]);
  });

  it('escape dots and colons in tenants and their resources only', () => {
    expect(keys('tenant_limit', { tenant: 'a.b:c', resource: 'L-1216.47' })).toEqual(['tenant_limits.a_b_c.L-1216_47']);
    expect(keys('label_nodes', { label: 'ubuntu.noble', state: 'ready' })).toEqual(['label.ubuntu.noble.nodes.ready']);
  });

  it('of a builder carry its full name for states and the host name for counts', () => {
    expect(keys('builder_build_state', { builder: 'nb01.example.org', image: 'debian' })).toEqual([
      'builder.nb01.example.org.image.debian.build.state',
    ]);
    expect(keys('builder_current_builds', { builder: 'nb01.example.org' })).toEqual(['builder.nl01.current_builds']);
  });
});
