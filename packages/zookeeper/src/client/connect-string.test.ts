import { describe, expect, it } from 'vitest';
import { pathMap } from './chroot.js';
import { parseConnectString } from './connect-string.js';

describe('parseConnectString', () => {
  it('reads hosts, ports and the chroot', () => {
    expect(parseConnectString('zk1:2281, zk2.example.org,10.0.0.1:1/a/b/')).toEqual({
      servers: [
        { host: 'zk1', port: 2281 },
        { host: 'zk2.example.org', port: 2181 },
        { host: '10.0.0.1', port: 1 },
      ],
      chroot: '/a/b',
    });
  });

  it('reads IPv6 literals', () => {
    expect(parseConnectString('[::1]:2182,[2001:db8::1]')).toEqual({
      servers: [
        { host: '::1', port: 2182 },
        { host: '2001:db8::1', port: 2181 },
      ],
      chroot: '',
    });
  });

  it.each(['', '/only', 'host:0', 'host:70000', 'host:port', '::1:2181', 'a b:1', 'host:1/a//b'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseConnectString(text)).toThrow(expect.objectContaining({ code: 'ZK_BAD_ARGUMENTS' }));
    },
  );
});

describe('pathMap', () => {
  it.each([
    ['', '/', '/'],
    ['', '/a', '/a'],
    ['/root', '/', '/root'],
    ['/root', '/a/b', '/root/a/b'],
  ])('beneath "%s" maps %s to %s and back', (chroot, path, onServer) => {
    const map = pathMap(chroot);

    expect([map.toServer(path), map.fromServer(onServer)]).toEqual([onServer, path]);
  });
});
