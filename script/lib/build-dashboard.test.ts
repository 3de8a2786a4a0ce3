import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDashboard } from './build-dashboard.js';

let folder: string;
let names: readonly string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodepool-dashboard-'));
  await buildDashboard(folder);
  names = await readdir(folder);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the built dashboard', () => {
  it('takes less than 100 KiB until the first view, also for browsers that know gzip alone', async () => {
    const sizes = await Promise.all(
      names.filter((name) => name.endsWith('.gz')).map((name) => stat(join(folder, name))),
    );

    const total = sizes.reduce((sum, { size }) => sum + size, 0);

    expect(total).toBeGreaterThan(10 * 1024);
    expect(total).toBeLessThan(100 * 1024);
  });

  it('names files by their content, and the page names them', async () => {
    const page = await readFile(join(folder, 'index.html'), 'utf8');

    const named = [...page.matchAll(/(?:src|href)="dashboard\/([^"]+)"/g)].map(([, name = '']) => name);

    expect(named).toHaveLength(3);
    for (const name of named) {
      expect(name).toMatch(/-[0-9A-Za-z]{8}\.(js|css|svg)$/);
      expect(names).toContain(name);
    }
  });

  it('asks no other host, and brings no code that a strict policy refuses', async () => {
    for (const name of names.filter((one) => /\.(html|js|css)$/.test(one))) {
      const text = (await readFile(join(folder, name), 'utf8')).replaceAll('http://www.w3.org/', '');
      expect(text).not.toMatch(/\b(?:src|href|url)\W{1,3}https?:/);
      expect(text).not.toMatch(/@import|\beval\(|new Function\(/);
      if (name.endsWith('.html')) expect(text).not.toMatch(/<style|<script>|\son\w+=|style=/);
    }
  });
});
