import { describe, expect, it } from 'vitest';
import { buildName, parseBuildName } from './image.js';

describe('build names', () => {
  it('are split at the last dash, whatever the image is called', () => {
    const build = { image: 'debian-12-abc', id: '0123456789abcdef0123456789abcdef' };

    expect(parseBuildName(buildName(build))).toEqual({ image: build.image, buildId: build.id });
  });

  it('keep ids of old releases', () => {
    expect(parseBuildName('ubuntu-precise-0000000002')).toEqual({ image: 'ubuntu-precise', buildId: '0000000002' });
  });

  it.each(['debian', '-0001', 'debian-', ''])('are refused without both parts: "%s"', (name) => {
    expect(parseBuildName(name)).toBeUndefined();
  });
});
