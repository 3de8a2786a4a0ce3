import { aConfig, aDiskimage, type ConfigParts } from '@nodepool/config/testing';
import { describe, expect, it } from 'vitest';
import { checkMachine } from './checks.js';
import type { Machine } from './machine.js';

const sound: Machine = {
  nodeVersion: '24.1.0',
  succeeds: async () => true,
  isWritable: async () => true,
  modeOf: async () => 0o600,
  freeMiB: async () => 1_000,
  read: async () => undefined,
  isReachable: async () => true,
};

const zookeeper = { servers: ['[::1]:2181'], chroot: '', sessionTimeoutMs: 10_000, tls: undefined };
const parts: ConfigParts = { diskimages: [aDiskimage()], imagesDir: '/images', zookeeper };

async function wrongs(machine: Partial<Machine>, more: ConfigParts = {}) {
  const config = aConfig({ ...parts, ...more });
  const checks = await checkMachine({ ...sound, ...machine }, config, { secure: '/secure.yaml', nowMs: 0 });
  return checks.filter(({ state }) => state !== 'ok').map(({ check, detail }) => `${check}: ${detail}`);
}

describe('the doctor', () => {
  it('finds nothing wrong with a sound machine', async () => {
    expect(await wrongs({})).toEqual([]);
  });

  it.each<[string, Partial<Machine>]>([
    ['node: 22.11.0 is too old', { nodeVersion: '22.11.0' }],
    ['sudo: asks for a password', { succeeds: async (command) => command !== 'sudo' }],
    ['disk-image-create: not found', { succeeds: async (command) => command === 'sudo' }],
    ['images-dir: 10 MiB free in /images, a build needs 128', { freeMiB: async () => 10.5 }],
    ['images-dir: /images cannot be read', { freeMiB: async () => undefined }],
    ['zookeeper [::1]:2181: cannot be reached', { isReachable: async (host) => host !== '::1' }],
    ['/secure.yaml: open to every user', { modeOf: async () => 0o644 }],
    ['loop devices: none', { modeOf: async (path) => (path === '/dev/loop-control' ? undefined : 0o600) }],
  ])('tells: %s', async (expected, machine) => {
    expect((await wrongs(machine)).join('\n')).toContain(expected);
  });

  it('looks at the certificates', async () => {
    const tls = { cert: '/cert.pem', key: '/key.pem', ca: '/ca.pem' };
    const read: Machine['read'] = async (path) => (path === '/cert.pem' ? Buffer.from('nothing') : undefined);

    expect(await wrongs({ read }, { zookeeper: { ...zookeeper, tls } })).toEqual([
      '/cert.pem: holds no certificate',
      '/ca.pem: cannot be read',
    ]);
  });
});
