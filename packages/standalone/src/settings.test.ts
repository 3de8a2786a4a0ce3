import { aConfig } from '@nodepool/config/testing';
import { describe, expect, it } from 'vitest';
import type { DataDir } from './data-dir.js';
import { withDataDir } from './settings.js';

const dataDir = { path: '/data', imagesDir: '/data/images', buildLogDir: '/data/build-logs' } as DataDir;

describe('settings of a standalone process', () => {
  it('place in the data directory what the file leaves open', () => {
    expect(withDataDir(aConfig({}), dataDir, 2181)).toMatchObject({
      imagesDir: '/data/images',
      buildLogDir: '/data/build-logs',
      zookeeper: { servers: ['127.0.0.1:2181'] },
    });
  });

  it('leave alone what the file says', () => {
    const config = aConfig({
      imagesDir: '/srv/images',
      buildLogDir: '/srv/logs',
      zookeeper: { servers: ['zk:2281'], chroot: '/np', sessionTimeoutMs: 10_000, tls: undefined },
    });

    expect(withDataDir(config, dataDir, undefined)).toEqual(config);
  });
});
