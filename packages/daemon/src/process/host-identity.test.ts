import { FakeClock, settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { hostIdentity, type NameSources } from './host-identity.js';

function names(overrides: Partial<NameSources> = {}): NameSources {
  return {
    hostname: () => 'nl01',
    addressOf: async () => '192.0.2.7',
    nameOf: async () => 'nl01.example.org',
    hostsFile: async () => '127.0.0.1 localhost\n',
    ...overrides,
  };
}

describe('the names of this machine', () => {
  it.each<[string, Partial<NameSources>, string, string]>([
    ['the canonical name when it is qualified', {}, 'nl01.example.org', 'nl01'],
    [
      'the first qualified alias',
      {
        nameOf: async () => 'nl01',
        hostsFile: async () => '# nl01.wrong\n192.0.2.7 nl01 builder nl01.local nl01.other # x.y\n192.0.2.8 a.b\n',
      },
      'nl01.local',
      'nl01',
    ],
    ['the canonical name when no name is qualified', { nameOf: async () => 'localhost' }, 'localhost', 'nl01'],
    [
      'the host name when there is no address',
      {
        addressOf: async () => {
          throw new Error('ENOTFOUND');
        },
      },
      'nl01',
      'nl01',
    ],
    [
      'the host name when the address has no name',
      {
        nameOf: async () => {
          throw new Error('ENOTFOUND');
        },
      },
      'nl01',
      'nl01',
    ],
    ['the short form of a qualified host name', { hostname: () => 'nl01.example.org' }, 'nl01.example.org', 'nl01'],
  ])('are %s', async (_rule, overrides, fqdn, hostname) => {
    expect(await hostIdentity(new FakeClock(), names(overrides))).toEqual({ fqdn, hostname });
  });

  it('do not wait for ever for a resolver', async () => {
    const clock = new FakeClock();
    const identity = hostIdentity(clock, names({ addressOf: () => new Promise(() => undefined) }));
    await settle();

    await clock.advance(10_000);

    expect(await identity).toEqual({ fqdn: 'nl01', hostname: 'nl01' });
  });
});
