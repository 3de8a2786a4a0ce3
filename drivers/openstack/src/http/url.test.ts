import { describe, expect, it } from 'vitest';
import { joinUrl, requestUrl, withQuery } from './url.js';

describe('the address of a request', () => {
  it.each([
    ['http://h/v2.1', '/servers', 'http://h/v2.1/servers'],
    ['http://h/v2.1/', 'servers', 'http://h/v2.1/servers'],
    ['http://h:9292/v2', '/v2/images?marker=a', 'http://h:9292/v2/images?marker=a'],
    ['https://h/image/v2', 'http://inner:9292/v2/images?marker=a', 'https://h/image/v2/images?marker=a'],
    ['https://h/compute/v2.1', 'https://h/compute/v2.1/servers?marker=a', 'https://h/compute/v2.1/servers?marker=a'],
    ['https://h/v2/p1', 'http://inner:8774/v2/p1/servers?marker=a', 'https://h/v2/p1/servers?marker=a'],
    ['https://h/v3/p1', 'http://inner/volume/v3/p1/volumes', 'https://h/v3/p1/volumes'],
    ['https://h/v2.0', 'http://inner/v2.0/ports?page=2', 'https://h/v2.0/ports?page=2'],
  ])('below %s with %s is %s', (root, path, url) => {
    expect(requestUrl(root, path)).toBe(url);
  });

  it('gets a query, with repeated keys and without what is undefined', () => {
    expect(withQuery('http://h/x?a=1', { b: ['1', '2'], c: undefined, d: true, e: 'é&' })).toBe(
      'http://h/x?a=1&b=1&b=2&d=true&e=%C3%A9%26',
    );
    expect(withQuery('http://h/x', {})).toBe('http://h/x');
  });

  it('has one slash between its parts', () => {
    expect(joinUrl('http://h/', '/')).toBe('http://h/');
  });
});
