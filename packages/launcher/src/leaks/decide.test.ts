import { describe, expect, it } from 'vitest';
import { decideLeaks, type LeakView, type Sighting } from './decide.js';

const orphan: Sighting = { id: 'i-1', tags: { nodepool_provider_name: 'cloud-a', nodepool_node_id: 'gone' } };
const kept: Sighting = { id: 'i-2', tags: { nodepool_provider_name: 'cloud-a', nodepool_node_id: 'known' } };
const foreign: Sighting = { id: 'i-3', tags: { nodepool_provider_name: 'cloud-b', nodepool_node_id: 'gone' } };
const untagged: Sighting = { id: 'i-4', tags: { nodepool_provider_name: 'cloud-a' } };
const upload = (uploadId: string): Sighting => ({
  id: `image-${uploadId}`,
  tags: { nodepool_provider_name: 'cloud-a', nodepool_build_id: 'b', nodepool_upload_id: uploadId },
});

function aView(overrides: Partial<LeakView<Sighting>> = {}): LeakView<Sighting> {
  return {
    provider: 'cloud-a',
    sightings: [],
    before: new Set(),
    hasNode: (id) => id === 'known',
    hasUpload: (key) => key === 'b-1',
    ...overrides,
  };
}

describe('a leak', () => {
  it('is suspected at the first sight', () => {
    expect(decideLeaks(aView({ sightings: [orphan] }))).toEqual({ leaked: [], suspects: new Set(['i-1']) });
  });

  it('is one at the second sight in a row', () => {
    expect(decideLeaks(aView({ sightings: [orphan], before: new Set(['i-1']) })).leaked).toEqual([orphan]);
  });

  it('is forgotten when it is not seen again', () => {
    expect(decideLeaks(aView({ before: new Set(['i-1']) })).suspects).toEqual(new Set());
  });

  it('is nothing that has a record, belongs to another provider or names no node', () => {
    const sightings = [kept, foreign, untagged];
    const before = new Set(sightings.map(({ id }) => id));

    expect(decideLeaks(aView({ sightings, before }))).toEqual({ leaked: [], suspects: new Set() });
  });

  it('may carry no tag of a node when the driver says that nobody uses it', () => {
    const sightings = [
      { ...untagged, unused: true },
      { ...foreign, unused: true },
    ];

    expect([...decideLeaks(aView({ sightings })).suspects]).toEqual(['i-4']);
  });

  it('may be an upload without its record', () => {
    const sightings = [upload('1'), upload('2')];

    expect([...decideLeaks(aView({ sightings })).suspects]).toEqual(['image-2']);
  });
});
