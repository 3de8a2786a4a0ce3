import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './load.js';
import { tinyDriver } from './testing/index.js';

const directory = join(import.meta.dirname, '../testdata/production');

function load(file: string) {
  const path = join(directory, file);
  return loadConfig({ path, drivers: [tinyDriver], env: {}, unknownKeys: 'error', missingZooKeeper: 'warn' });
}

/** Warnings by code; every file besides is free of errors. */
const warnings: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'gerrit.yaml': { DRIVER_UNAVAILABLE: 1 },
  'opendev-2019-06-01-nl03.openstack.org.yaml': { ZOOKEEPER_PLAIN: 1, DRIVER_UNAVAILABLE: 5 },
  'opendev-2019-06-01-nodepool.yaml': { ZOOKEEPER_PLAIN: 1, DRIVER_UNAVAILABLE: 13 },
  // Images of another builder are listed without formats.
  'opendev-2024-06-01-nb04.opendev.org.yaml': { ZOOKEEPER_PLAIN: 1, DRIVER_UNAVAILABLE: 2, UNUSED: 13 },
  'opendev-2024-06-01-nl01.opendev.org.yaml': { ZOOKEEPER_PLAIN: 1, DRIVER_UNAVAILABLE: 3, DUPLICATE_KEY: 1 },
  // Two labels are served by another launcher only.
  'opendev-2024-06-01-nl02.opendev.org.yaml': { ZOOKEEPER_PLAIN: 1, DRIVER_UNAVAILABLE: 1, UNUSED: 2 },
  'opendev-2024-06-01-nl04.opendev.org.yaml': { ZOOKEEPER_PLAIN: 1, DRIVER_UNAVAILABLE: 2 },
  'opendev-2024-06-01-nodepool.yaml': { ZOOKEEPER_PLAIN: 1, DRIVER_UNAVAILABLE: 8, UNUSED: 9 },
  // The servers stand in a secure file.
  'wazo.yaml': { ZOOKEEPER_MISSING: 1, DRIVER_UNAVAILABLE: 1 },
};

describe('configurations used in production', () => {
  it.each(readdirSync(directory))('%s loads and validates', async (file) => {
    const { findings } = await load(file);

    const counts: Record<string, number> = {};
    for (const { code } of findings) {
      const name = code.replace('NP_CONFIG_', '');
      counts[name] = (counts[name] ?? 0) + 1;
    }
    expect(counts).toEqual(warnings[file]);
  });

  it('keep their labels, images and providers', async () => {
    const { config } = await load('opendev-2024-06-01-nl01.opendev.org.yaml');

    expect(config.labels.size).toBe(13);
    expect(config.labels.get('ubuntu-bionic')?.minReady).toBe(10);
    expect(config.diskimages.size).toBe(13);
    expect(config.unavailableProviders.map((provider) => provider.name)).toEqual(['rax-dfw', 'rax-iad', 'rax-ord']);
  });

  it('inherit through two parents', async () => {
    const { config } = await load('opendev-2024-06-01-nb04.opendev.org.yaml');

    const image = config.diskimages.get('ubuntu-noble-arm64');
    expect(config.diskimages.has('base')).toBe(false);
    expect(image).toMatchObject({ release: 'noble', rebuildAgeSec: 172_800, username: 'zuul' });
    expect(image?.elements.at(0)).toBe('block-device-efi');
    expect(image?.elements.at(-1)).toBe('ubuntu-minimal');
    expect(image?.envVars).toMatchObject({
      TMPDIR: '/opt/dib_tmp',
      DIB_APT_LOCAL_CACHE: '0',
      DIB_DEBIAN_COMPONENTS: 'main,universe',
    });
    expect(config.diskimages.get('rockylinux-9-arm64')?.release).toBe('9');
  });
});
