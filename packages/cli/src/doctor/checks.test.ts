import { aConfig, aDiskimage, type ConfigParts } from '@nodepool/config/testing';
import { describe, expect, it } from 'vitest';
import { aProvider } from '../testing/index.js';
import { checkMachine } from './checks.js';
import type { Machine, WebAnswer } from './machine.js';
import type { Clouds } from './providers.js';

const srvr = (mode: string, version = '3.8.0'): string =>
  `Zookeeper version: ${version}-5a02a05eddb59aee6ac762f7ea82e92a68eb9c0f, built on 2022\nLatency min/avg/max: 0/0/0\nMode: ${mode}\n`;

const sound: Machine = {
  nodeVersion: '24.1.0',
  succeeds: async () => true,
  isWritable: async () => true,
  modeOf: async () => 0o600,
  freeMiB: async () => 1_000,
  read: async () => undefined,
  serverStatus: async () => srvr('standalone'),
  ask: async () => ({ nowMs: 0, aheadMs: 400, certificateEndMs: 365 * 86_400_000 }),
};

const willing: Clouds = {
  prerequisites: async () => ({ secretFiles: ['/clouds.yaml'], urls: ['https://keystone:5000/v3'] }),
  countInstances: async () => 3,
};

const zookeeper = { servers: ['[::1]:2181'], chroot: '', sessionTimeoutMs: 10_000, tls: undefined };
const parts: ConfigParts = {
  diskimages: [aDiskimage()],
  imagesDir: '/images',
  zookeeper,
  providers: [aProvider()],
};

async function checksOf(machine: Partial<Machine>, more: ConfigParts = {}, clouds: Partial<Clouds> = {}) {
  const config = aConfig({ ...parts, ...more });
  const where = { secure: '/secure.yaml', nowMs: 0 };
  const checks = await checkMachine({ ...sound, ...machine }, { ...willing, ...clouds }, config, where);
  return checks.map(({ check, state, detail }) => `${state} ${check}: ${detail}`);
}

async function wrongs(...[machine, more, clouds]: Parameters<typeof checksOf>): Promise<readonly string[]> {
  return (await checksOf(machine, more, clouds)).filter((line) => !line.startsWith('ok '));
}

const threeServers = { ...zookeeper, servers: ['a:2181', 'b:2181', 'c:2181'] };
const answering = (answers: Readonly<Record<string, string | undefined>>): Partial<Machine> => ({
  serverStatus: async (host) => answers[host],
});

describe('the doctor', () => {
  it('finds nothing wrong with a sound machine', async () => {
    expect(await wrongs({})).toEqual([]);
  });

  it.each<[string, Partial<Machine>]>([
    ['error node: 22.11.0 is too old', { nodeVersion: '22.11.0' }],
    ['error sudo: asks for a password', { succeeds: async (command) => command !== 'sudo' }],
    ['error disk-image-create: not found', { succeeds: async (command) => command === 'sudo' }],
    ['error images-dir: 10 MiB free in /images, a build needs 128', { freeMiB: async () => 10.5 }],
    ['error images-dir: /images cannot be read', { freeMiB: async () => undefined }],
    ['error zookeeper [::1]:2181: cannot be reached', { serverStatus: async () => undefined }],
    ['error /secure.yaml: open to every user', { modeOf: async () => 0o644 }],
    ['error /clouds.yaml: open to every user', { modeOf: async (path) => (path === '/clouds.yaml' ? 0o604 : 0o600) }],
    ['error loop devices: none', { modeOf: async (path) => (path === '/dev/loop-control' ? undefined : 0o600) }],
  ])('tells: %s', async (expected, machine) => {
    expect((await wrongs(machine)).join('\n')).toContain(expected);
  });

  it('looks at the certificates', async () => {
    const tls = { cert: '/cert.pem', key: '/key.pem', ca: '/ca.pem' };
    const read: Machine['read'] = async (path) => (path === '/cert.pem' ? Buffer.from('nothing') : undefined);

    expect(await wrongs({ read }, { zookeeper: { ...zookeeper, tls } })).toEqual([
      'error /cert.pem: holds no certificate',
      'error /ca.pem: cannot be read',
    ]);
  });
});

describe('the doctor, of the ZooKeeper servers,', () => {
  it.each<[string, Readonly<Record<string, string | undefined>>, readonly string[]]>([
    ['three with one leader are one ensemble', { a: srvr('leader'), b: srvr('follower'), c: srvr('follower') }, []],
    ['those that may not tell are fine', { a: '', b: '', c: '' }, []],
    [
      'one that is away is an error, and the others a warning',
      { a: srvr('leader'), b: srvr('follower') },
      [
        'error zookeeper c:2181: cannot be reached',
        'warning zookeeper ensemble: 2 of 3 servers serve, 1 of them as leader',
      ],
    ],
    [
      'two that stand alone are two trees',
      { a: srvr('standalone'), b: srvr('standalone'), c: srvr('standalone') },
      ['error zookeeper ensemble: 3 of 3 servers stand alone: each has a tree of its own'],
    ],
    [
      'one without a quorum says so',
      { a: 'This ZooKeeper instance is not currently serving requests\n', b: srvr('leader'), c: srvr('follower') },
      [
        'error zookeeper a:2181: is not part of a quorum: look at its log and at the other servers',
        'warning zookeeper ensemble: 2 of 3 servers serve, 1 of them as leader',
      ],
    ],
    [
      'releases may not differ for long',
      { a: srvr('leader'), b: srvr('follower', '3.7.1'), c: srvr('follower') },
      ['warning zookeeper versions: differ: 3.8.0, 3.7.1'],
    ],
    [
      'old releases lack what we need',
      { a: srvr('leader', '3.5.9'), b: srvr('follower', '3.5.9'), c: srvr('follower', '3.5.9') },
      ['a', 'b', 'c'].map((name) => `error zookeeper ${name}:2181: 3.5.9 is too old: install 3.6 or later`),
    ],
  ])('knows that %s', async (_what, answers, expected) => {
    expect((await wrongs(answering(answers), { zookeeper: threeServers })).toSorted()).toEqual(expected.toSorted());
  });
});

describe('the doctor, of the providers,', () => {
  const answer = (change: Partial<WebAnswer>): Partial<Machine> => ({
    ask: async () => ({ nowMs: 0, aheadMs: undefined, certificateEndMs: undefined, ...change }),
  });

  it('tells what it has found', async () => {
    expect(await checksOf({})).toEqual(
      expect.arrayContaining([
        'ok provider cloud-a keystone:5000: answers',
        'ok clock of keystone:5000: agrees with this machine',
        'ok certificate of keystone:5000: valid until 1971-01-01',
        'ok /clouds.yaml: closed to others',
        'ok provider cloud-a: lets us in, has 3 instances of ours',
      ]),
    );
  });

  it.each<[Partial<Machine>, readonly string[]]>([
    [
      { ask: async () => undefined },
      ['error provider cloud-a keystone:5000: does not answer: check address and network'],
    ],
    [answer({}), []],
    [answer({ aheadMs: 2_900 }), []],
    [
      answer({ aheadMs: -5_000 }),
      ['warning clock of keystone:5000: 5.0 s behind this machine: let both follow a time server'],
    ],
    [
      answer({ aheadMs: 90_000 }),
      ['error clock of keystone:5000: 90.0 s ahead of this machine: let both follow a time server'],
    ],
    [
      answer({ certificateEndMs: 86_400_000 }),
      ['warning certificate of keystone:5000: valid until 1970-01-02: renew it'],
    ],
    [answer({ certificateEndMs: -1 }), ['error certificate of keystone:5000: valid until 1969-12-31: renew it']],
  ])('finds in case %#: %j', async (machine, expected) => {
    expect(await wrongs(machine)).toEqual(expected);
  });

  it('says what a driver says of its settings, and asks no further', async () => {
    const prerequisites = async () => {
      throw new Error('cloud a is not in clouds.yaml: add it');
    };

    expect(await wrongs({}, {}, { prerequisites })).toEqual([
      'error provider cloud-a: cloud a is not in clouds.yaml: add it',
    ]);
  });

  it('says why a cloud does not let us in', async () => {
    const countInstances = async () => {
      throw new Error('signing in to cloud a: the password is wrong');
    };

    expect(await wrongs({}, {}, { countInstances })).toEqual([
      'error provider cloud-a: signing in to cloud a: the password is wrong',
    ]);
  });
});
