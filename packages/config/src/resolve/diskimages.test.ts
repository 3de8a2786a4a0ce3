import { describe, expect, it } from 'vitest';
import { loadConfig } from '../load.js';
import { aDiskimage, inMemory } from '../testing/index.js';
import type { DiskimageConfig } from '../types.js';

async function imageOf(
  diskimages: readonly object[],
  name: string,
  secure?: object,
): Promise<DiskimageConfig | undefined> {
  const main = JSON.stringify({ diskimages });
  const files = secure === undefined ? { main } : { main, secure: JSON.stringify(secure) };
  const { config } = await loadConfig(inMemory({ ...files, missingZooKeeper: 'allow' }));
  return config.diskimages.get(name);
}

const parent = {
  name: 'base',
  abstract: true,
  elements: ['vm'],
  'env-vars': { A: '1', B: '1' },
  formats: ['raw'],
  'keep-formats': ['raw'],
  'delete-after-upload': true,
  'dib-cmd': 'my-dib -x',
  conversion: 'nodepool',
  'qcow2-compression': 'zstd',
  release: 9,
  'rebuild-age': 10,
  'build-timeout': 20,
  username: 'me',
  'python-path': '/py',
  'shell-type': 'sh',
  metadata: { a: 1, b: true },
};

describe('resolveDiskimages', () => {
  it('gives an image without settings the defaults', async () => {
    expect(await imageOf([{ name: 'a' }], 'a')).toEqual(aDiskimage({ name: 'a' }));
  });

  it('lets a child inherit everything', async () => {
    expect(await imageOf([{ name: 'a', parent: 'base' }, parent], 'a')).toEqual({
      name: 'a',
      elements: ['vm'],
      envVars: { A: '1', B: '1' },
      secretEnvVars: {},
      formats: ['raw'],
      keepFormats: ['raw'],
      deleteAfterUpload: true,
      dibCmd: 'my-dib -x',
      conversion: 'nodepool',
      qcow2Compression: 'zstd',
      release: '9',
      rebuildAgeSec: 10,
      buildTimeoutSec: 20,
      pause: false,
      username: 'me',
      pythonPath: '/py',
      shellType: 'sh',
      metadata: { a: '1', b: 'True' },
      validate: undefined,
    });
  });

  it('lets a child inherit the gate, replace it, or undo it', async () => {
    const base = { name: 'base', abstract: true, validate: { label: 'small', timeout: 30 } };
    const images = [
      base,
      { name: 'heir', parent: 'base' },
      { name: 'own', parent: 'base', validate: {} },
      { name: 'none', parent: 'base', validate: false },
    ];

    expect(await imageOf(images, 'heir')).toMatchObject({ validate: { label: 'small', timeoutMs: 30_000 } });
    expect(await imageOf(images, 'own')).toMatchObject({ validate: { label: undefined, timeoutMs: 600_000 } });
    expect(await imageOf(images, 'none')).toMatchObject({ validate: undefined });
  });

  it('appends, merges and replaces', async () => {
    const child = {
      name: 'a',
      parent: 'base',
      elements: ['vm', 'extra'],
      'env-vars': { B: '2' },
      formats: ['qcow2', 'qcow2'],
      'delete-after-upload': false,
      release: 'noble',
      'rebuild-age': 30,
      metadata: { b: 'x' },
    };

    expect(await imageOf([parent, child], 'a')).toMatchObject({
      elements: ['vm', 'vm', 'extra'],
      envVars: { A: '1', B: '2' },
      formats: ['qcow2'],
      deleteAfterUpload: false,
      release: 'noble',
      rebuildAgeSec: 30,
      metadata: { a: '1', b: 'x' },
    });
  });

  it('does not let empty values override', async () => {
    const child = {
      name: 'a',
      parent: 'base',
      formats: [],
      'keep-formats': [],
      'dib-cmd': '',
      release: 0,
      'rebuild-age': 0,
      'build-timeout': 0,
      username: '',
      'python-path': '',
      'shell-type': null,
    };

    expect(await imageOf([parent, child], 'a')).toMatchObject({
      formats: ['raw'],
      keepFormats: ['raw'],
      dibCmd: 'my-dib -x',
      release: '9',
      rebuildAgeSec: 10,
      buildTimeoutSec: 20,
      username: 'me',
      pythonPath: '/py',
      shellType: 'sh',
    });
  });

  it.each([
    [{ pause: true }, { pause: false }],
    [{ paused: true }, {}],
    [{}, { paused: true, pause: false }],
  ])('pauses when parent %o or child %o does', async (above, own) => {
    const images = [
      { name: 'base', ...above },
      { name: 'a', parent: 'base', ...own },
    ];

    expect((await imageOf(images, 'a'))?.pause).toBe(true);
  });

  it('keeps secret variables of the image alone apart, so that nothing shows them', async () => {
    const images = [
      { name: 'a', 'env-vars': { X: 'main', Y: 'main' } },
      { name: 'b', parent: 'a' },
    ];
    const secure = { diskimages: [{ name: 'a', 'env-vars': { X: 'top-secret', Z: 'top-secret' } }] };

    const image = await imageOf(images, 'a', secure);

    expect(image?.envVars).toEqual({ X: 'main', Y: 'main' });
    expect(image?.secretEnvVars['X']?.reveal()).toBe('top-secret');
    expect(Object.keys(image?.secretEnvVars ?? {})).toEqual(['X', 'Z']);
    expect(JSON.stringify(image)).not.toContain('top-secret');
    expect((await imageOf(images, 'b', secure))?.secretEnvVars).toEqual({});
    expect((await imageOf(images, 'b', secure))?.envVars).toEqual({ X: 'main', Y: 'main' });
  });
});
