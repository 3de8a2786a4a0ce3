import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identify } from '@nodepool/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimDataDir, writeZooKeeperFile } from './data-dir.js';

let path: string;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'nodepool-data-dir-'));
});

afterEach(() => rm(path, { recursive: true, force: true }));

describe('a data directory', () => {
  it('is refused while the process that has claimed it lives, and free when that is gone', async () => {
    const owner = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    await writeFile(join(path, 'standalone.pid'), JSON.stringify(await identify(owner.pid ?? 0)));

    await expect(claimDataDir(path)).rejects.toMatchObject({ code: 'NP_DATA_DIR_IN_USE' });
    owner.stdin.end();
    await once(owner, 'exit');
    await using claimed = await claimDataDir(path);

    expect(claimed.path).toBe(path);
  });

  it('is not held by a claim that cannot be read', async () => {
    await writeFile(join(path, 'standalone.pid'), 'half a rec');

    await using claimed = await claimDataDir(path);

    expect(claimed.imagesDir).toBe(join(path, 'images'));
  });

  it('tells other commands where the server is', async () => {
    await using claimed = await claimDataDir(path);

    await writeZooKeeperFile(claimed, 12_181);

    expect(await readFile(claimed.zooKeeperFile, 'utf8')).toContain('port: 12181');
  });
});
