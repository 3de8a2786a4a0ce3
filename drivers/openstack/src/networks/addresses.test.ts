import { describe, expect, it } from 'vitest';
import { type Address, Server } from '../servers/server.js';
import { type AddressSettings, lacksPublicAddress, serverAddresses } from './addresses.js';
import { Network, networkRoles } from './network.js';

const plain: AddressSettings = {
  isPrivate: false,
  forceIpv4: false,
  usesExternalNetwork: true,
  usesInternalNetwork: true,
  hasLocalIpv6: false,
};

const roles = networkRoles(
  [
    { id: '1', name: 'net' },
    { id: '2', name: 'ext', 'router:external': true },
  ].map((network) => Network.parse(network)),
  [],
);

function fixed(ip: string, more: Partial<Record<'mac', string>> = {}) {
  return address(ip, 'fixed', more.mac);
}

function floating(ip: string, mac?: string) {
  return address(ip, 'floating', mac);
}

function address(addr: string, type: Address['type'], mac?: string) {
  return { addr, version: addr.includes(':') ? 6 : 4, 'OS-EXT-IPS:type': type, 'OS-EXT-IPS-MAC:mac_addr': mac };
}

function aServer(addresses: object, more: object = {}): Server {
  return Server.parse({ id: 's', status: 'ACTIVE', addresses, ...more });
}

describe('the interface address of a server', () => {
  it.each([
    ['its only private one', { net: [fixed('10.0.0.1')] }, plain, '10.0.0.1'],
    ['one on an external network', { net: [fixed('10.0.0.1')], ext: [fixed('172.24.4.9')] }, plain, '172.24.4.9'],
    ['a floating one', { net: [fixed('10.0.0.1'), floating('172.24.4.9')] }, plain, '172.24.4.9'],
    ['one on a network called public', { public: [fixed('10.9.0.1')], net: [fixed('10.0.0.1')] }, plain, '10.9.0.1'],
    ['a globally routed one', { net: [fixed('10.0.0.1'), fixed('203.0.112.5')] }, plain, '203.0.112.5'],
    [
      'a private one where the profile says so',
      { net: [fixed('10.0.0.1')], ext: [fixed('5.5.5.5')] },
      { ...plain, isPrivate: true },
      '10.0.0.1',
    ],
    [
      'a private one where external networks are not to be used',
      { net: [fixed('10.0.0.1')], ext: [fixed('5.5.5.5')] },
      { ...plain, usesExternalNetwork: false },
      '10.0.0.1',
    ],
    [
      'a public one where internal networks are not to be used',
      { net: [fixed('10.0.0.1')], ext: [fixed('5.5.5.5')] },
      { ...plain, isPrivate: true, usesInternalNetwork: false },
      '5.5.5.5',
    ],
    ['IPv4 without a route for IPv6', { ext: [fixed('2001:db8::1'), fixed('5.5.5.5')] }, plain, '5.5.5.5'],
    [
      'IPv6 with one',
      { ext: [fixed('2001:db8::1'), fixed('5.5.5.5')] },
      { ...plain, hasLocalIpv6: true },
      '2001:db8::1',
    ],
    [
      'IPv4 where the profile forces it',
      { ext: [fixed('2001:db8::1'), fixed('5.5.5.5')] },
      { ...plain, hasLocalIpv6: true, forceIpv4: true },
      '5.5.5.5',
    ],
    ['IPv6 when there is nothing else', { net: [fixed('2001:db8::1')] }, plain, '2001:db8::1'],
    ['whatever there is', { unknown: [fixed('10.7.0.1')] }, plain, '10.7.0.1'],
    ['none', {}, plain, null],
  ])('is %s', (_which, addresses, settings, expected) => {
    expect(serverAddresses(aServer(addresses), roles, settings).interfaceIp).toBe(expected);
  });

  it('is the access address that the cloud names', () => {
    const server = aServer({ net: [fixed('10.0.0.1')] }, { accessIPv4: '5.5.5.5', accessIPv6: '2001:db8::7' });

    expect(serverAddresses(server, roles, plain)).toEqual({
      interfaceIp: '5.5.5.5',
      publicIpv4: '5.5.5.5',
      privateIpv4: '10.0.0.1',
      publicIpv6: '2001:db8::7',
    });
  });

  it('is on the default interface of the profile before all else', () => {
    const net = Network.parse({ id: '1', name: 'net' });
    const server = aServer({ net: [fixed('10.0.0.1')], ext: [fixed('5.5.5.5')] });

    expect(serverAddresses(server, { ...roles, defaultInterface: net }, plain).interfaceIp).toBe('10.0.0.1');
  });
});

describe('the private address of a server', () => {
  it('is the one behind the floating address', () => {
    const server = aServer({
      net: [fixed('10.0.0.1', { mac: 'a' }), fixed('10.0.0.2', { mac: 'b' }), floating('5.5.5.5', 'b')],
    });

    expect(serverAddresses(server, roles, plain).privateIpv4).toBe('10.0.0.2');
  });

  it('is the public one where there is no other', () => {
    expect(serverAddresses(aServer({ ext: [fixed('5.5.5.5')] }), roles, plain).privateIpv4).toBe('5.5.5.5');
  });
});

describe('a server lacks a public address', () => {
  it.each([
    ['with a private one only', { net: [fixed('10.0.0.1')] }, true],
    ['with a floating one', { net: [fixed('10.0.0.1'), floating('172.24.4.9')] }, false],
    ['with a globally routed one', { net: [fixed('8.8.4.4')] }, false],
    ['with IPv6 only', { net: [fixed('fd00::1')] }, false],
  ])('%s: %s', (_which, addresses, expected) => {
    expect(lacksPublicAddress(aServer(addresses), roles)).toBe(expected);
  });
});
