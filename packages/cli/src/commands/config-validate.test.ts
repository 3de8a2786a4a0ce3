import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestCli } from '../testing/index.js';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nodepool-validate-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function validate(text: string) {
  const path = join(directory, 'nodepool.yaml');
  await writeFile(path, text);
  await using cli = await openTestCli();
  const { exitCode, stdout } = await cli.run('-c', path, 'config-validate', '--format', 'json');
  return { exitCode, path, answer: JSON.parse(stdout) };
}

describe('config-validate --format json', () => {
  it('tells where each finding is', async () => {
    const { exitCode, path, answer } = await validate('labels: 5\nproviders: []\n');

    expect(exitCode).toBe(1);
    expect(answer.valid).toBe(false);
    expect(answer.findings).toContainEqual(
      expect.objectContaining({ severity: 'error', code: 'NP_CONFIG_TYPE', file: path, line: 1, path: 'labels' }),
    );
  });

  it('is valid with warnings alone', async () => {
    const { exitCode, answer } = await validate('labels: []\nproviders: []\n');

    expect(exitCode).toBe(0);
    expect(answer.valid).toBe(true);
    expect(answer.findings).toContainEqual(expect.objectContaining({ severity: 'warning' }));
  });
});
