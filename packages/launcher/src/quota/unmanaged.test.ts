import { describe, expect, it } from 'vitest';
import { unmanagedUse } from './unmanaged.js';

const instance = (provider: string, nodeId: string) => ({
  externalId: nodeId,
  tags: { nodepool_provider_name: provider, nodepool_node_id: nodeId },
  status: 'ACTIVE',
  resources: { cores: 2 },
});

describe('unmanaged use', () => {
  it('is that of other providers and of instances that have lost their record', () => {
    const instances = [instance('cloud-a', 'known'), instance('cloud-a', 'leaked'), instance('cloud-b', 'known')];

    expect(unmanagedUse(instances, 'cloud-a', (id) => id === 'known')).toEqual({ cores: 4 });
  });

  it('is that of instances without our tags', () => {
    const foreign = { ...instance('cloud-a', 'known'), tags: {} };

    expect(unmanagedUse([foreign], 'cloud-a', () => true)).toEqual({ cores: 2 });
  });
});
