import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestCli } from '../testing/index.js';

let folder: string;
let config: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodepool-simulate-'));
  config = await write('nodepool.yaml', [
    'zookeeper-servers: [{host: 127.0.0.1}]',
    'labels: [{name: small}]',
    'providers:',
    '  - name: cloud-a',
    '    driver: fake',
    '    cloud-images: [{name: debian}]',
    '    pools: [{name: main, max-servers: 1, labels: [{name: small, cloud-image: debian, min-ram: 1024}]}]',
  ]);
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function write(name: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

const behaviour = '{"kind": "behaviour", "bootSec": 60, "heldSec": 300, "deleteSec": 10}';
const request = (id: string, at: number): string =>
  JSON.stringify({ kind: 'request', id, at: 1_000_000 + at, labels: ['small'] });

async function simulate(...argv: readonly string[]) {
  await using cli = await openTestCli();
  return await cli.run('-c', config, 'simulate', ...argv);
}

describe('simulate', () => {
  it('tells how long requests would have waited, as tables', async () => {
    const trace = await write('trace.jsonl', [behaviour, request('a', 0), '', request('b', 1)]);

    const { exitCode, stdout, stderr } = await simulate('--trace', trace);

    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/\| Label +\| Requests +\| Fulfilled/);
    expect(stdout).toMatch(/\| small +\| 2 +\| 2 +\|/);
    expect(stdout).toMatch(/\| cloud-a +\| main +\| 1 +\|/);
  });

  it('answers what another value would have changed', async () => {
    const trace = await write('trace.jsonl', [behaviour, request('a', 0), request('b', 1)]);
    const longestSec = async (...more: readonly string[]): Promise<number> =>
      JSON.parse((await simulate('--trace', trace, '--format', 'json', ...more)).stdout).all.waitSec.max;

    const [before, after] = await Promise.all([
      longestSec(),
      longestSec('--set', 'providers.cloud-a.pools.main.max-servers=2'),
    ]);

    expect(before).toBeGreaterThan(300);
    expect(after).toBe(60);
  });

  it('reads the parts of a trace that was put aside', async () => {
    const parts = [await write('trace.1', [behaviour, request('a', 0)]), await write('trace', [request('b', 1)])];

    const { stdout } = await simulate('--trace', ...parts, '--format', 'json');

    expect(JSON.parse(stdout).all.requests).toBe(2);
  });

  it('gives the same answer for the same seed', async () => {
    const spread = '{"kind": "behaviour", "bootSec": {"min": 10, "max": 600}, "heldSec": 30, "deleteSec": 1}';
    const trace = await write('trace', [
      spread,
      ...Array.from({ length: 20 }, (_, index) => request(`r${index}`, index)),
    ]);

    const [one, again, other] = await Promise.all(
      ['7', '7', '8'].map((seed) => simulate('--trace', trace, '--seed', seed, '--format', 'json')),
    );

    expect(again?.stdout).toBe(one?.stdout);
    expect(JSON.parse(other?.stdout ?? '').all).not.toEqual(JSON.parse(one?.stdout ?? '').all);
  });

  it.each<[string, string, RegExp]>([
    ['no JSON', '{"kind": "request"', /trace\.jsonl:2: /],
    ['no such kind', '{"kind": "dream"}', /trace\.jsonl:2: .*kind/],
    ['a request without labels', '{"kind": "request", "id": "a", "at": 1, "labels": []}', /trace\.jsonl:2: .*labels/],
    ['a time before the epoch', '{"kind": "failed", "request": "a", "at": -1}', /trace\.jsonl:2: .*at/],
    ['a key too many', '{"kind": "failed", "request": "a", "at": 1, "why": "x"}', /trace\.jsonl:2: /],
    ['a bare word', 'hello', /trace\.jsonl:2: /],
  ])('names file and line of %s', async (_what, line, expected) => {
    const trace = await write('trace.jsonl', [behaviour, line]);

    const { exitCode, stdout, stderr } = await simulate('--trace', trace);

    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^nodepool: error: [^\n]*\n$/);
    expect(stderr).toMatch(expected);
  });

  it.each<[readonly string[], number, RegExp]>([
    [[], 2, /required option '--trace <file\.\.\.>' not specified/],
    [['--trace', '/nonexistent/trace'], 1, /nonexistent/],
    [['--trace', '@', '--seed', 'x'], 2, /Give a whole number/],
    [['--trace', '@', '--set', 'max-servers'], 1, /max-servers/],
    [['--trace', '@', '--set', 'providers.cloud-b.pools.main.max-servers=1'], 1, /cloud-b/],
    [['--trace', '@', '--set', 'providers.cloud-a.pools.main.max-servers=many'], 1, /max-servers/],
    [['--trace', '@', '--format', 'yaml'], 2, /Allowed choices are table, json/],
  ])('refuses %j with exit code %d', async (argv, expected, message) => {
    const trace = await write('trace.jsonl', [behaviour, request('a', 0)]);

    const { exitCode, stdout, stderr } = await simulate(...argv.map((word) => (word === '@' ? trace : word)));

    expect([exitCode, stdout]).toEqual([expected, '']);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('fails with one line when the configuration is wrong', async () => {
    const trace = await write('trace.jsonl', [request('a', 0)]);
    await write('nodepool.yaml', ['labels: 3']);

    const { exitCode, stderr } = await simulate('--trace', trace);

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^nodepool: error: [^\n]*labels[^\n]*\n$/);
  });
});
