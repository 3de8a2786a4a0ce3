import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasUsableVhdUtil } from './vhd-util.js';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodepool-vhd-util-'));
});
afterEach(() => rm(dir, { recursive: true }));

const never = new AbortController().signal;

async function withTool(script: string): Promise<boolean> {
  await writeFile(join(dir, 'vhd-util'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return await hasUsableVhdUtil(`${dir}:/bin`, never);
}

describe('vhd-util', () => {
  it('is usable when it can convert', async () => {
    expect(
      await withTool('echo "usage: vhd-util COMMAND [OPTIONS]"; echo "COMMAND := { create | convert | check }"'),
    ).toBe(true);
    expect(await withTool('echo "COMMAND := { convert }"; exit 22')).toBe(true);
  });

  it('is not usable when it cannot, fails or is missing', async () => {
    expect(await withTool('echo "COMMAND := { create | check }"')).toBe(false);
    expect(await withTool('echo cannot convert anything; exit 1')).toBe(false);
    expect(await hasUsableVhdUtil('/nonexistent', never)).toBe(false);
    expect(await hasUsableVhdUtil(undefined, never)).toBe(false);
  });
});
