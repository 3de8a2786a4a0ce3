import { describe, expect, it } from 'vitest';
import { readConfiguredNames } from './configured-names.js';

const namesIn = (text: string) =>
  readConfiguredNames({
    path: 'nodepool.yaml',
    env: {},
    readFile: async () => ({ text, version: '' }),
  });

describe('the names in a configuration', () => {
  it('are found though the rest of it is wrong', async () => {
    const text = [
      'labels: [{name: small}, {nam: big}, 3]',
      'providers: [{name: cloud-a, driver: unknown}]',
      'diskimages: [{name: base, abstract: true}, {name: debian, parent: base}]',
      'webapp: [wrong]',
    ];

    expect(await namesIn(text.join('\n'))).toEqual({
      labels: ['small'],
      providers: ['cloud-a'],
      diskimages: ['debian'],
    });
  });

  it.each(['', '- a list', 'labels: {small: 1}', '{', 'labels: [*alias]'])('are none in %j', async (text) => {
    expect(await namesIn(text)).toEqual({ labels: [], providers: [], diskimages: [] });
  });
});
