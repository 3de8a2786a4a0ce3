import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { metaData, readAuthorizedKeys } from './config-drive.js';

describe('metaData', () => {
  it('names the machine and lists each key in both ways that readers know', () => {
    const data = metaData({
      uuid: 'u',
      hostname: 'np1',
      publicKeys: ['ssh-ed25519 AAAA a', 'ssh-rsa BBBB b'],
      meta: { nodepool_node_id: '1' },
      userdata: undefined,
    });

    expect(data).toMatchObject({
      uuid: 'u',
      name: 'np1',
      hostname: 'np1',
      public_keys: { 'key-0': 'ssh-ed25519 AAAA a', 'key-1': 'ssh-rsa BBBB b' },
      keys: [
        { name: 'key-0', type: 'ssh', data: 'ssh-ed25519 AAAA a' },
        { name: 'key-1', type: 'ssh', data: 'ssh-rsa BBBB b' },
      ],
      meta: { nodepool_node_id: '1' },
    });
  });
});

describe('readAuthorizedKeys', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'np-keys-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('takes the keys of a file without its comments and empty lines', async () => {
    const path = join(folder, 'keys');
    await writeFile(path, '# ours\nssh-ed25519 AAAA a\n\n  ssh-rsa BBBB b  \n');

    expect(await readAuthorizedKeys(path)).toEqual(['ssh-ed25519 AAAA a', 'ssh-rsa BBBB b']);
  });

  it('takes a list as it is', async () => {
    expect(await readAuthorizedKeys(['ssh-ed25519 AAAA a\n'])).toEqual(['ssh-ed25519 AAAA a']);
  });

  it('says which file cannot be read', async () => {
    const path = join(folder, 'none');

    await expect(readAuthorizedKeys(path)).rejects.toMatchObject({
      code: 'misconfigured',
      message: `authorized-keys: ${path} cannot be read (ENOENT)`,
    });
  });
});
