import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSite } from './site.js';

it('reads what was built, compressed forms beside', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nodepool-site-'));
  try {
    for (const name of ['index.html', 'a.js', 'a.js.br', 'notes.txt']) await writeFile(join(folder, name), name);

    const site = await readSite(folder);

    expect([...site.keys()].sort()).toEqual(['a.js', 'index.html']);
    expect(site.get('a.js')).toMatchObject({ immutable: true, brotli: Buffer.from('a.js.br'), gzip: undefined });
    expect(site.get('index.html')?.immutable).toBe(false);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('is empty where nothing was built', async () => {
  expect((await readSite(join(tmpdir(), 'nodepool-site-that-is-not-there'))).size).toBe(0);
});
