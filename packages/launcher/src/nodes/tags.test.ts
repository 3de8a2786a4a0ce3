import { aRequest } from '@nodepool/model/testing';
import { describe, expect, it } from 'vitest';
import { nodeTags } from './tags.js';

const owner = { nodeId: '0000000007', pool: 'main', provider: 'cloud-a' };
const label = { instanceProperties: {}, dynamicInstanceProperties: {} };

describe('the tags of an instance', () => {
  it('name the node, the pool and the provider', () => {
    expect(nodeTags(owner, label, aRequest()).tags).toEqual({
      nodepool_node_id: '0000000007',
      nodepool_pool_name: 'main',
      nodepool_provider_name: 'cloud-a',
    });
  });

  it('prefer dynamic properties to fixed ones and ours to both', () => {
    const { tags } = nodeTags(
      owner,
      {
        instanceProperties: { team: 'fixed', nodepool_pool_name: 'fixed' },
        dynamicInstanceProperties: { team: '{request.tenant_name}', nodepool_node_id: 'dynamic' },
      },
      aRequest({ tenantName: 'acme' }),
    );

    expect(tags).toMatchObject({ team: 'acme', nodepool_pool_name: 'main', nodepool_node_id: '0000000007' });
  });

  it.each([
    ['{request.id}', '100-0000000001'],
    ['{request.labels}', '["small"]'],
    ['{request.requestor}', 'zuul'],
    ['{request.requestor_data[job][name]}', 'unit'],
    ['{request.relative_priority}', '0'],
    ['{request.event_id}', 'None'],
    ['{request.created_time}', '1000'],
    ['{{literal}} {request.id}', '{literal} 100-0000000001'],
  ])('fill in %s', (format, text) => {
    const request = aRequest({ requestorData: { job: { name: 'unit' } } });

    expect(nodeTags(owner, { ...label, dynamicInstanceProperties: { key: format } }, request).tags['key']).toBe(text);
  });

  it.each(['{request.nodes}', '{node.id}', '{request.requestor_data[none]}', '{unclosed'])(
    'leave out a property whose format cannot be filled in: %s',
    (format) => {
      const { tags, skipped } = nodeTags(owner, { ...label, dynamicInstanceProperties: { key: format } }, aRequest());

      expect(tags).not.toHaveProperty('key');
      expect(skipped).toEqual(['key']);
    },
  );
});
