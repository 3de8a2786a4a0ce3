import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manPages } from './pages.js';

const execute = promisify(execFile);

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nodepool-man-'));
  await Promise.all([...manPages()].map(([name, text]) => writeFile(join(directory, name), text)));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

describe('the manual', () => {
  it('gives mandoc nothing to complain about', async () => {
    const files = [...manPages().keys()].map((name) => join(directory, name));

    const { stdout, stderr } = await execute('mandoc', ['-T', 'lint', ...files]);

    expect(`${stdout}${stderr}`).toBe('');
  });

  it('reads well on a terminal', async () => {
    const { stdout } = await execute('mandoc', ['-T', 'ascii', join(directory, 'nodepool-zk.1')]);
    // Bold is written by going back one column.
    const text = stdout
      .split('\b')
      .map((part, index, all) => (index < all.length - 1 ? part.slice(0, -1) : part))
      .join('');

    expect(text).toMatch(/^NODEPOOL-ZK\(1\) +Nodepool Manual +NODEPOOL-ZK\(1\)$/m);
    expect(text).toMatch(/^ +nodepool-zk - look at znodes/m);
    expect(text).toMatch(/^ +nodepool zk set \[options\] path data$/m);
    expect(text).toMatch(/--recursive\n/);
  });
});
